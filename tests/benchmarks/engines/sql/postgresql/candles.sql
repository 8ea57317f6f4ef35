-- The candles of an hour of all markets.
-- Parameters: from_at, until_at
-- Reads: what market_data.trades_during reads
-- Returns: market_ticker; opened_seconds since 1970; open, high, low and close; volume; trades
select
    t.market_ticker,
    extract(epoch from date_trunc('hour', t.exchange_ts, 'UTC'))::bigint as opened_seconds,
    (array_agg(t.yes_price order by t.exchange_ts, t.received_at, t.trade_id))[1] as open_price,
    max(t.yes_price) as high_price,
    min(t.yes_price) as low_price,
    (array_agg(t.yes_price order by t.exchange_ts desc, t.received_at desc, t.trade_id desc))[1] as close_price,
    sum(t.size) as volume,
    count(*) as trades
from market_data.trades_during(%(from_at)s::timestamptz, %(until_at)s::timestamptz) as t
group by 1, 2
