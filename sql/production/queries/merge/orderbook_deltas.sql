-- Merge staged order-book deltas: a multiset union, each change as often as the gatherer that saw it most often.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_deltas, ops.rejected_rows, ops.late_rows
-- Returns: per gatherer how many rows were new and rejected, by the hours they fall into
with judged as not materialized (
    select
        s.*,
        ops.refusal(
            s.exchange_ts, s.price, s.price,
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'orderbook_deltas' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
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
    returning
        date_bin('1 hour', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour,
        exchange_ts, market_ticker, gatherer_id
),

-- What upkeep may have passed already; ops.settled_until relies on the 30 s.
late as (
    insert into ops.late_rows (stream, market_ticker, during)
    select
        'orderbook_deltas' as stream,
        market_ticker,
        tstzrange(min(exchange_ts), max(exchange_ts), '[]') as during
    from inserted
    where exchange_ts < (select now() - interval '30 s')
    group by market_ticker
)

select gatherer_id, touched_hour, count(*) filter (where reason is null) as new_rows, count(reason) as rejected_rows
from (
    select gatherer_id, touched_hour, null as reason from inserted
    union all
    select gatherer_id, null as touched_hour, reason from refused
) as r
group by gatherer_id, touched_hour;
