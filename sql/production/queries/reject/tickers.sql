-- Move staged market summaries that production does not accept out of the stage.
-- Parameters: late_days_max integer
-- Writes: pg_temp.stage, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
with
staged as not materialized (
    select
        s.ctid as place, s.gatherer_id, s.ingest_xid, to_jsonb(s) as body,
        ops.rejection_reason(
            s.exchange_ts, least(s.last_price, s.yes_bid, s.yes_ask), greatest(s.last_price, s.yes_bid, s.yes_ask),
            (select lower(ops.accepted_range(%(late_days_max)s))),
            (select upper(ops.accepted_range(%(late_days_max)s)))
        ) as reason
    from stage as s
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
    select 'tickers' as stream, gatherer_id, ingest_xid, reason, body
    from rejected
    returning gatherer_id
)

select gatherer_id, count(*) as rejected_rows
from recorded
group by gatherer_id;
