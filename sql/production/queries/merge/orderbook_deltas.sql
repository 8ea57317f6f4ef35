-- Merge staged order-book deltas: a multiset union. Production holds a change as many times as the gatherer that
-- received it most often did.
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_deltas, ops.late_rows
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
inserted as (
    insert into market_data.orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    )
    select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    from stage
    order by exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at
    on conflict do nothing
    returning
        date_bin('1 hour', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour,
        exchange_ts, market_ticker, gatherer_id
),

-- Rows that upkeep may have passed already; ops.settled_until relies on the 30 s.
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

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
