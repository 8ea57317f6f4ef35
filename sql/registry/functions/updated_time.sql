-- Convert text that the exchange sent to the time of a change, which cannot be ahead of now.
-- Parameters: sent, the text
-- Returns: the time; null if the text is no such time: then what was asked later is newer
create or replace function registry.updated_time(sent text) returns timestamptz
language sql
stable parallel safe
return case when registry.sent_time(sent) < now() + interval '1 day' then registry.sent_time(sent) end;

comment on function registry.updated_time is 'The time of a change that a text of the exchange stands for, or null.';

revoke execute on function registry.updated_time from public;
