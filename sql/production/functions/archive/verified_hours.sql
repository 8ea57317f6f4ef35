-- List the hours of a stream that the archive holds, read back and found equal to production. A time before the first
-- connection or the first record counts as one of them if it has no record: merging a row creates the record of its
-- hour, so that time holds no row.
-- Parameters: wanted_stream; before_at, only hours that begin before it
-- Reads: ops.archive_partitions, ops.connections
-- Returns: the hours; none while the stream has no record
create or replace function ops.verified_hours(wanted_stream text, before_at timestamptz) returns tstzmultirange
language sql
volatile
as $$
    with recorded as (
        select
            min(a.hour) as first_hour,
            range_agg(tstzrange(a.hour, a.hour + interval '1 h')) filter (
                where a.state = 'verified' and a.hour < before_at
            ) as verified,
            range_agg(tstzrange(a.hour, a.hour + interval '1 h')) filter (
                where a.state <> 'verified'
            ) as unverified
        from ops.archive_partitions as a
        where a.stream = wanted_stream
        having count(*) > 0
    ),

    connected as (
        select date_trunc('hour', min(c.opened_at), 'UTC') as first_hour
        from ops.connections as c
        where c.opened_at <@ (select ops.believed_times())
    )

    select coalesce(
        (
            select
                coalesce(r.verified, '{}')
                + (
                    tstzmultirange(tstzrange(null, greatest(r.first_hour, c.first_hour)))
                    - coalesce(r.unverified, '{}')
                )
            from recorded as r
            cross join connected as c
        ),
        '{}'
    );
$$;

comment on function ops.verified_hours is 'The hours of a stream that the archive holds, verified.';
