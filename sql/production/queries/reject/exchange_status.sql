-- Move staged states of the exchange whose times production does not accept out of the stage: the gatherer's clock was
-- wrong.
-- Parameters: late_days_max integer
-- Writes: pg_temp.stage, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
with
accepted as (
    select lower(a.range) as from_at, upper(a.range) as until_at
    from ops.accepted_range(%(late_days_max)s) as a (range)
),

staged as not materialized (
    select
        s.ctid as place, s.gatherer_id, s.ingest_xid, to_jsonb(s) as body,
        coalesce(
            ops.rejection_reason(least(s.first_seen_at, s.confirmed_at), 0, 1, a.from_at, a.until_at),
            ops.rejection_reason(greatest(s.first_seen_at, s.confirmed_at), 0, 1, a.from_at, a.until_at)
        ) as reason
    from stage as s
    cross join accepted as a
),

rejected as materialized (
    select * from staged
    where reason is not null
),

removed as (
    delete from stage
    where ctid = any(array(select place from rejected))
),

recorded as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'exchange_status' as stream, gatherer_id, ingest_xid, reason, body
    from rejected
    returning gatherer_id
)

select gatherer_id, count(*) as rejected_rows
from recorded
group by gatherer_id;
