-- Merge staged order-book deltas: a multiset union. Production holds a change as often as the gatherer that received it
-- most often. Without a time, equal ones at most 5 s after the one held are copies.
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_deltas, ops.late_rows
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
undated as materialized (
    select s.*
    from stage as s
    where
        s.time_digits is null
        and not exists (
            select from market_data.orderbook_deltas as known
            where
                known.market_ticker = s.market_ticker and known.time_digits is null
                and known.exchange_ts between s.exchange_ts - interval '5 s' and s.exchange_ts + interval '5 s'
                and (known.clock, known.side, known.price, known.size_delta, known.occurrence)
                = (s.clock, s.side, s.price, s.size_delta, s.occurrence)
        )
),

kept as materialized (
    select
        market_ticker, clock, side, price, size_delta, occurrence,
        unnest(ops.spaced_times(array_agg(exchange_ts order by exchange_ts), interval '5 s')) as exchange_ts
    from undated
    group by market_ticker, clock, side, price, size_delta, occurrence
),

changes as not materialized (
    select * from stage where time_digits is not null
    union all
    select u.* from undated as u natural join kept
),

inserted as (
    insert into market_data.orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    )
    select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    from changes
    order by exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at
    on conflict do nothing
    returning
        date_bin('1 h', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, exchange_ts, market_ticker, gatherer_id
),

-- Rows that upkeep may have passed already; ops.settled_until relies on the 30 s.
late as (
    insert into ops.late_rows (stream, market_ticker, during)
    select 'orderbook_deltas' as stream, market_ticker, tstzrange(min(exchange_ts), max(exchange_ts), '[]') as during
    from inserted
    where exchange_ts < (select now() - interval '30 s')
    group by market_ticker
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
