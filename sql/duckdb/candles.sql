-- A market's trades by time, as production's market_data.candles has them; buckets without a trade are left out.
-- Parameters: market, a ticker; width, an interval of days or less; from_at and until_at, trades before until_at only
-- Reads: trades
-- Returns: bucket_at; open_price, high_price, low_price, close_price in dollars of YES; volume; trade_count
create or replace macro candles(market, width, from_at, until_at) as table
    select
        time_bucket(width, exchange_ts, timestamptz '2000-01-03 00:00:00+00') as bucket_at,
        arg_min(yes_price, (exchange_ts, received_at, trade_id)) as open_price,
        max(yes_price) as high_price,
        min(yes_price) as low_price,
        arg_max(yes_price, (exchange_ts, received_at, trade_id)) as close_price,
        sum(size)::decimal(18, 6) as volume,
        count(*) as trade_count
    from trades
    where
        market_ticker = market
        and exchange_ts >= from_at::timestamptz
        and exchange_ts < until_at::timestamptz
        and date between (from_at::timestamptz)::date and (until_at::timestamptz)::date
    group by 1
    order by 1;
