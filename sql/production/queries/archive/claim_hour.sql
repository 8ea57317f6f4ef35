-- Claim the oldest hour that is due; those whose record was created days after they ended come last. Only one exporter
-- runs at a time, so an hour in state exporting was left by one that ended. Rows that are merged from now on make it
-- pending again.
-- Parameters: streams, whole_streams, gatherers, settle_seconds, deadline_seconds as in ops.ready_until; from_at,
-- until_at, which hours; early: also take, once since began_at timestamptz, hours that are not over or just got rows
-- Reads: ops.lags, ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: stream, hour, whether production has dropped the rows that the archive holds, failures so far, sha256 of the
-- object that production read back, and of the one that was last to be written
with asked as (
    select
        %(from_at)s::timestamptz as from_at,
        %(until_at)s::timestamptz as until_at,
        %(early)s::boolean as is_early,
        %(began_at)s::timestamptz as began_at,
        now() - make_interval(secs => %(settle_seconds)s::float8) as settled_at
),

ready as (
    select *
    from ops.ready_until(
        %(streams)s::text[], %(whole_streams)s::text[], %(gatherers)s::integer[],
        %(settle_seconds)s::float8, %(deadline_seconds)s::float8
    )
),

due as (
    select p.stream, p.hour
    from ops.archive_partitions as p
    inner join ready as r on p.stream = r.stream
    cross join asked as a
    where
        p.state in ('pending', 'exporting')
        and p.hour >= a.from_at and p.hour < a.until_at
        and coalesce(p.retry_at <= now(), true)
        and (
            (p.hour + r.length <= r.until_at and p.touched_at <= a.settled_at)
            or (
                a.is_early and coalesce(p.claimed_at < a.began_at, true)
                -- What is as of the hour's beginning is not known before that.
                and (r.length > interval '0' or p.hour <= r.until_at)
            )
        )
    order by p.opened_at > p.hour + r.length + interval '2 days', p.hour, p.stream
    limit 1
)

update ops.archive_partitions as p
set
    state = 'exporting',
    claimed_at = clock_timestamp()
from due
where p.stream = due.stream and p.hour = due.hour
returning
    p.stream,
    p.hour,
    p.row_count > 0 and not ops.is_in_production(p.stream, p.hour, p.exported_at) as is_dropped,
    p.failures,
    p.sha256,
    p.written_sha256;
