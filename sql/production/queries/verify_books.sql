-- Compare the book after each clock with the journal: the first snapshot held, or nothing, plus the deltas held.
-- Reads: pg_temp.journal, market_data.orderbook_snapshots, market_data.orderbook_deltas
-- Returns: how many books (a market after a clock) the journal tells of, and how many of them production has wrong
with
published as (
    select
        line_number, line #>> '{frame, msg, market_ticker}' as market_ticker,
        timestamptz 'epoch' + (line #>> '{frame, msg, ts_ms}')::bigint * interval '1 ms' as exchange_ms,
        (line #>> '{frame, msg, clock}')::bigint as clock, line #>> '{frame, msg, side}' as side,
        (line #>> '{frame, msg, price_dollars}')::numeric as price, (line ->> 'after')::numeric as size
    from journal
    where line ? 'after'
),

truth as (
    select distinct on (market_ticker, exchange_ms, clock, side, price) *
    from published
    order by market_ticker asc, exchange_ms asc, clock asc, side asc, price asc, line_number desc
),

base as (
    select distinct on (s.market_ticker) s.*
    from market_data.orderbook_snapshots as s
    order by s.market_ticker, s.received_at
),

opening as (
    select b.market_ticker, l.side, l.price, l.size
    from base as b
    cross join
        lateral (
            select 'yes' as side, y.price, y.size from unnest(b.yes_prices, b.yes_sizes) as y (price, size)
            union all
            select 'no' as side, n.price, n.size from unnest(b.no_prices, b.no_sizes) as n (price, size)
        ) as l
),

built as (
    select distinct
        d.market_ticker, d.clock, d.side, d.price, date_trunc('milliseconds', d.exchange_ts) as exchange_ms,
        coalesce(o.size, 0) + sum(d.size_delta) over (
            partition by d.market_ticker, d.side, d.price order by d.exchange_ts, d.clock
        ) as size
    from market_data.orderbook_deltas as d
    left join base as b on d.market_ticker = b.market_ticker
    left join opening as o on d.market_ticker = o.market_ticker and d.side = o.side and d.price = o.price
    where d.clock > coalesce(b.clock, 0)
),

compared as (
    select t.market_ticker, bool_or(b.size is distinct from t.size) as is_wrong
    from truth as t
    left join built as b
        on
            t.market_ticker = b.market_ticker and t.exchange_ms = b.exchange_ms and t.clock = b.clock
            and t.side = b.side and t.price = b.price
    group by t.market_ticker, t.exchange_ms, t.clock
)

select count(*) as books, count(*) filter (where is_wrong) as wrong from compared;
