-- Compute which row of ops.hour_locks belongs to an hour. Hours 256 apart have the same, so that a merge of many hours
-- locks few rows.
-- Parameters: wanted_hour
-- Returns: the row's number
create or replace function ops.hour_lock(wanted_hour timestamptz) returns integer
language sql
immutable
as $$
    select (floor(extract(epoch from wanted_hour) / 3600)::bigint & 255)::integer;
$$;

comment on function ops.hour_lock is 'Which row of ops.hour_locks belongs to an hour.';
