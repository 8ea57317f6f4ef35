-- The candles of an hour of all markets.
-- Parameters: day; first_hour and last_hour, as the folders of the files have them
-- Reads: trades
-- Returns: market_ticker; opened_seconds since 1970; open, high, low and close; volume; trades
select
    market_ticker,
    epoch(time_bucket(interval 1 hour, exchange_ts))::bigint as opened_seconds,
    arg_min(yes_price, (exchange_ts, received_at, trade_id)) as open_price,
    max(yes_price) as high_price,
    min(yes_price) as low_price,
    arg_max(yes_price, (exchange_ts, received_at, trade_id)) as close_price,
    sum(size) as volume,
    count(*) as trades
from trades
where date = %(day)s and hour between %(first_hour)s and %(last_hour)s
group by 1, 2
