-- Convert text that the exchange sent to a time.
-- Parameters: sent, the text
-- Returns: the time; null if the text is no time
create or replace function ops.try_timestamptz(sent text) returns timestamptz
language sql
stable
as $$
    select case when pg_input_is_valid(sent, 'timestamptz') then sent::timestamptz end;
$$;

comment on function ops.try_timestamptz is 'The time that a text stands for, or null.';
