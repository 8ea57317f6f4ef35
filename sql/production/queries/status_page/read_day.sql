-- Read a market's day in steps of some minutes: the last quote and the trades of each.
-- Parameters: market text; from_at, until_at timestamptz, a day at most; step_minutes integer
-- Reads: what market_data.tickers_of and market_data.candles read
-- Returns: at, the last bid and ask with their sizes, the lowest, highest and last price of trades, contracts, trades;
-- a step without quote and trade has no row
with
asked as (
    select
        %(market)s::text as market_ticker,
        %(from_at)s::timestamptz as from_at,
        %(until_at)s::timestamptz as until_at,
        make_interval(mins => %(step_minutes)s::integer) as step
),

quote as (
    select
        date_bin(a.step, t.exchange_ts, a.from_at) as at,
        (array_agg(t.yes_bid order by t.exchange_ts desc, t.received_at desc))[1] as yes_bid,
        (array_agg(t.yes_ask order by t.exchange_ts desc, t.received_at desc))[1] as yes_ask,
        (array_agg(t.yes_bid_size order by t.exchange_ts desc, t.received_at desc))[1] as yes_bid_size,
        (array_agg(t.yes_ask_size order by t.exchange_ts desc, t.received_at desc))[1] as yes_ask_size
    from asked as a
    cross join lateral market_data.tickers_of(a.market_ticker, a.from_at, a.until_at) as t
    group by date_bin(a.step, t.exchange_ts, a.from_at)
),

trade as (
    select c.*
    from asked as a
    cross join lateral market_data.candles(a.market_ticker, a.step, a.from_at, a.until_at) as c
)

select
    coalesce(q.at, c.bucket_at) as at,
    q.yes_bid,
    q.yes_ask,
    q.yes_bid_size,
    q.yes_ask_size,
    c.low_price,
    c.high_price,
    c.close_price,
    coalesce(c.volume, 0) as volume,
    coalesce(c.trade_count, 0) as trade_count
from quote as q
full outer join trade as c on q.at = c.bucket_at
order by at asc
limit 1440;
