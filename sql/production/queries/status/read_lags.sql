-- Read the progress of each stream of each gatherer, all its epochs and shards together.
-- Reads: ops.cursors, ops.lags
-- Returns: stream, gatherer_id, lag in rows and seconds (of the shard that is furthest behind; each counts all rows
-- after its position), rows held back and why, rows per second, error, when that was measured, rows merged so far,
-- when the cursor last moved
with newest as (
    select split_part(l.shard, '/', 2) as shards
    from ops.lags as l
    order by l.measured_at desc
    limit 1
),

merged as (
    select
        c.stream,
        c.gatherer_id,
        sum(c.rows_polled)::bigint as rows_polled,
        sum(c.rows_new)::bigint as rows_new,
        sum(c.rows_duplicate)::bigint as rows_duplicate,
        sum(c.rows_rejected)::bigint as rows_rejected,
        max(c.updated_at) as merged_at
    from ops.cursors as c
    group by c.stream, c.gatherer_id
),

measured as (
    select
        s.stream,
        s.gatherer_id,
        max(s.rows_waiting) as rows_waiting,
        max(s.lag_seconds) as lag_seconds,
        max(s.rows_held) as rows_held,
        max(s.cause) as cause,
        sum(s.rows_per_second) as rows_per_second,
        max(s.error) as error,
        max(s.measured_at) as measured_at
    from ops.lags as s
    inner join newest as n on split_part(s.shard, '/', 2) = n.shards
    group by s.stream, s.gatherer_id
)

select
    coalesce(m.stream, s.stream) as stream,
    coalesce(m.gatherer_id, s.gatherer_id) as gatherer_id,
    s.rows_waiting,
    s.lag_seconds,
    s.rows_held,
    s.cause,
    s.rows_per_second,
    s.error,
    s.measured_at,
    coalesce(m.rows_polled, 0) as rows_polled,
    coalesce(m.rows_new, 0) as rows_new,
    coalesce(m.rows_duplicate, 0) as rows_duplicate,
    coalesce(m.rows_rejected, 0) as rows_rejected,
    m.merged_at
from merged as m
full outer join measured as s on m.stream = s.stream and m.gatherer_id = s.gatherer_id
order by stream, gatherer_id;
