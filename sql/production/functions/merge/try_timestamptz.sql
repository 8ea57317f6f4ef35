-- Read a time that the exchange sent as text.
-- Parameters: sent, the text
-- Returns: the time, null where the text is none
create or replace function ops.try_timestamptz(sent text) returns timestamptz
language sql
stable
as $$
    select case when pg_input_is_valid(sent, 'timestamptz') then sent::timestamptz end;
$$;

comment on function ops.try_timestamptz is 'A time that was sent as text; null where the text is none.';
