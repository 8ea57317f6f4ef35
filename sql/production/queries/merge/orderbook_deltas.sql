-- Merge staged order-book deltas: a multiset union. Production holds a change as many times as the gatherer that
-- received it most often did. Those that the exchange sent without a time have an occurrence below 0, and times that
-- differ from line to line: equal ones with one number within 5 s are copies, as in lifecycle_events.sql.
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_deltas, ops.late_rows
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
undated as materialized (
    select *, ctid as place, exchange_ts - lag(exchange_ts) over equal_ones as since
    from stage
    where occurrence < 0
    window equal_ones as (partition by market_ticker, clock, side, price, size_delta, occurrence order by exchange_ts)
),

copies as materialized (
    select u.place
    from undated as u
    where
        u.since <= interval '5 s'
        or exists (
            select from market_data.orderbook_deltas as known
            where
                known.market_ticker = u.market_ticker
                and known.exchange_ts between u.exchange_ts - interval '5 s' and u.exchange_ts + interval '5 s'
                and (known.clock, known.side, known.price, known.size_delta, known.occurrence)
                = (u.clock, u.side, u.price, u.size_delta, u.occurrence)
        )
),

inserted as (
    insert into market_data.orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    )
    select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id
    from stage
    where occurrence >= 0 or ctid <> all(array(select c.place from copies as c))
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
