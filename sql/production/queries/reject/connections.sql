-- Move staged connections whose times production does not accept out of the stage: the gatherer's clock was wrong.
-- If it was open before, nothing is known of it any more: it ends where it began.
-- Parameters: late_days_max integer
-- Writes: pg_temp.stage, ops.connections, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
with
accepted as (
    select lower(a.range) as from_at, upper(a.range) as until_at
    from ops.accepted_range(%(late_days_max)s) as a (range)
),

staged as not materialized (
    select
        s.ctid as place, s.*, to_jsonb(s) as body,
        coalesce(
            ops.rejection_reason(least(s.opened_at, s.closed_at), 0, 1, a.from_at, a.until_at),
            ops.rejection_reason(greatest(s.opened_at, s.closed_at), 0, 1, a.from_at, a.until_at)
        ) as reason
    from stage as s
    cross join accepted as a
),

rejected as materialized (
    select * from staged
    where reason is not null
),

ended as (
    update ops.connections as known
    set closed_at = known.opened_at, close_reason = r.close_reason, ingest_xid = r.ingest_xid
    from rejected as r
    where
        (known.gatherer_id, known.epoch, known.connection_id) = (r.gatherer_id, r.epoch, r.connection_id)
        and known.closed_at is null and r.closed_at is not null
),

removed as (
    delete from stage
    where ctid = any(array(select place from rejected))
),

recorded as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'connections' as stream, gatherer_id, ingest_xid, reason, body
    from rejected
    returning gatherer_id
)

select gatherer_id, count(*) as rejected_rows
from recorded
group by gatherer_id;
