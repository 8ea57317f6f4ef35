-- Read a yes or no that the exchange sent as text.
-- Parameters: sent, the text
-- Returns: true or false, null where the text is neither
create or replace function ops.try_boolean(sent text) returns boolean
language sql
immutable
as $$
    select case sent when 'true' then true when 'false' then false end;
$$;

comment on function ops.try_boolean is 'A yes or no that was sent as text; null where the text is neither.';
