-- List the hours of a stream that the archive holds, read back and found equal to production. The time before the first
-- record counts as one of them: merging a row creates the record of its hour, so that time holds no row.
-- Parameters: wanted_stream; before_at, only hours that begin before it
-- Reads: ops.archive_partitions
-- Returns: the hours; none while the stream has no record
create or replace function ops.verified_hours(wanted_stream text, before_at timestamptz) returns tstzmultirange
language sql
volatile
as $$
    select coalesce(range_agg(v.during), '{}')
    from (
        select tstzrange(p.hour, p.hour + interval '1 h') as during
        from ops.archive_partitions as p
        where p.stream = wanted_stream and p.state = 'verified' and p.hour < before_at
        union all
        select tstzrange(null, min(p.hour)) as during
        from ops.archive_partitions as p
        where p.stream = wanted_stream
        having count(*) > 0
    ) as v;
$$;

comment on function ops.verified_hours is 'The hours of a stream that the archive holds, verified.';
