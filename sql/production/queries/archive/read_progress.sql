-- Read how far the archive has come.
-- Parameters: streams, whole_streams, gatherers, settle_seconds, deadline_seconds as in ops.ready_until
-- Reads: ops.archive_partitions, ops.lags
-- Returns: per stream the hours verified, the hours that are due, since when the oldest of them waits, bytes in the
-- archive, the newest verified hour, and the error of the oldest hour that has one
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

judged as (
    select
        p.*,
        p.state <> 'verified' and p.hour + r.length <= r.until_at as is_due,
        greatest(p.hour + r.length, p.touched_at) as waits_since
    from ops.archive_partitions as p
    inner join ready as r on p.stream = r.stream
)

select
    j.stream,
    count(*) filter (where j.state = 'verified') as hours_verified,
    count(*) filter (where j.is_due) as hours_due,
    min(j.waits_since) filter (where j.is_due) as due_since,
    coalesce(sum(j.byte_count), 0)::bigint as bytes,
    max(j.hour) filter (where j.state = 'verified') as newest_hour,
    (array_agg(j.error order by j.hour) filter (where j.error is not null))[1] as error
from judged as j
group by j.stream
order by j.stream;
