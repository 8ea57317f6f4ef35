-- Count the minutes in some times.
-- Parameters: times, whole minutes
-- Returns: the number of minutes
create or replace function ops.minute_count(times tstzmultirange) returns bigint
language sql
immutable
as $$
    select coalesce(sum(extract(epoch from upper(t) - lower(t)) / 60), 0)::bigint from unnest(times) as t;
$$;

comment on function ops.minute_count is 'The number of minutes in some times.';
