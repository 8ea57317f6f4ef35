-- Convert text that the exchange sent to a time.
-- The zero of the exchange's programming language, the year 1, and all else that is not after 1970 stand for no time.
-- Parameters: sent, the text
-- Returns: the time; null if the text is no time, or stands for none
create or replace function registry.sent_time(sent text) returns timestamptz
language sql
stable parallel safe
return case
    when sent !~ '^[0-9]{4}-' then null
    when not pg_input_is_valid(sent, 'timestamptz') then null
    when sent::timestamptz > '1970-01-01 00:00:00+00' and sent::timestamptz < '10000-01-01 00:00:00+00'
        then sent::timestamptz
end;

comment on function registry.sent_time is 'The time that a text of the exchange stands for, or null.';

revoke execute on function registry.sent_time from public;
