-- Read a time of the exchange, which says "none" in several ways: null, year 1, infinity.
-- Parameters: sent, the time
-- Returns: the time; null if it is not in the years 1900 to 9999
create or replace function ops.known_time(sent timestamptz) returns timestamptz
language sql
immutable
parallel safe
as $$
    select case when sent >= '1900-01-01 00:00:00+00' and sent < '9999-12-31 00:00:00+00' then sent end;
$$;

comment on function ops.known_time is 'A time of the exchange; null for each of its ways to say none.';
