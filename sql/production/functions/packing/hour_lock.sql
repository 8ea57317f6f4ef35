-- Compute which row of ops.hour_locks belongs to an hour or a day. Those 256 apart have the same, so that a merge of
-- many hours locks few rows. A day has another one than its first hour: rows of today are merged all the time.
-- Parameters: wanted_hour, when it begins; period, how long it is, '1 h' or '24 h'
-- Returns: the row's number
create or replace function ops.hour_lock(wanted_hour timestamptz, period interval) returns integer
language sql
immutable
as $$
    select
        (floor(extract(epoch from wanted_hour) / extract(epoch from period))::bigint & 255)::integer
        + case when period > interval '1 h' then 256 else 0 end;
$$;

comment on function ops.hour_lock is 'Which row of ops.hour_locks belongs to an hour or a day.';
