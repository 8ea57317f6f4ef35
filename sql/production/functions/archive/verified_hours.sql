-- List the hours of a stream that the archive holds, read back and found equal to production.
-- Parameters: wanted_stream; before_at, only hours that begin before it
-- Reads: ops.archive_partitions
-- Returns: the hours
create or replace function ops.verified_hours(wanted_stream text, before_at timestamptz) returns tstzmultirange
language sql
volatile
as $$
    select coalesce(range_agg(tstzrange(p.hour, p.hour + interval '1 h')), '{}')
    from ops.archive_partitions as p
    where p.stream = wanted_stream and p.state = 'verified' and p.hour < before_at;
$$;

comment on function ops.verified_hours is 'The hours of a stream that the archive holds, verified.';
