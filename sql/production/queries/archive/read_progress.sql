-- Read how far the archive has come.
-- Parameters: streams, whole_streams, gatherers, settle_seconds, deadline_seconds as in ops.ready_until
-- Reads: ops.archive_partitions, ops.lags
-- Returns: per stream the hours verified, the hours that are due, since when the oldest of them waits, bytes in the
-- archive, the newest verified hour, the error of the oldest due hour that has one, how many of the due hours failed
-- the last time, and the hours that are not due yet; whoever exports such an hour early sees its error at once
with ready as (
    select *
    from ops.ready_until(
        %(streams)s::text[],
        %(whole_streams)s::text[],
        %(gatherers)s::integer[],
        %(settle_seconds)s::float8,
        %(deadline_seconds)s::float8
    )
),

counted as (
    select
        p.*,
        p.state <> 'verified' and p.hour + r.length <= r.until_at as is_due,
        -- Hours before the first start wait from then on, or health would depend on the time of day.
        greatest(p.hour + r.length, p.touched_at, p.opened_at) as waits_since
    from ops.archive_partitions as p
    inner join ready as r on p.stream = r.stream
)

select
    c.stream,
    count(*) filter (where c.state = 'verified') as hours_verified,
    count(*) filter (where c.is_due) as hours_due,
    min(c.waits_since) filter (where c.is_due) as due_since,
    coalesce(sum(c.byte_count), 0)::bigint as bytes,
    max(c.hour) filter (where c.state = 'verified') as newest_hour,
    (array_agg(c.error order by c.hour) filter (where c.is_due and c.error is not null))[1] as error,
    count(*) filter (where c.is_due and c.error is not null) as hours_failing,
    count(*) filter (where c.state <> 'verified' and not c.is_due) as hours_open
from counted as c
group by c.stream
order by c.stream;
