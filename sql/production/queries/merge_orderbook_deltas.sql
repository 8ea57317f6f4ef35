-- Merge staged order-book deltas: a multiset union, each change as often as the gatherer that saw it most often.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage_orderbook_deltas
-- Writes: market_data.orderbook_deltas, ops.rejected_rows
-- Returns: per gatherer its watermark xid8 and how many rows were polled, new and rejected
with
judged as materialized (
    select s.*, ops.refusal(s.exchange_ts, s.price, s.price, %(late_days_max)s) as reason
    from stage_orderbook_deltas as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'orderbook_deltas' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id
),

inserted as (
    insert into market_data.orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    )
    select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    from judged
    where reason is null
    order by exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at
    on conflict do nothing
    returning gatherer_id
)

select
    j.gatherer_id,
    max(j.ingest_xid)::text as watermark,
    count(*) as polled_rows,
    (select count(*) from inserted as i where i.gatherer_id = j.gatherer_id) as new_rows,
    (select count(*) from refused as r where r.gatherer_id = j.gatherer_id) as rejected_rows
from judged as j
group by j.gatherer_id;
