-- Merge staged market summaries: hold one row per market, time and set of values.
-- Reads: pg_temp.stage
-- Writes: market_data.tickers
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
inserted as (
    insert into market_data.tickers (
        exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
        yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
        received_at, gatherer_id
    )
    select distinct on (exchange_ts, market_ticker, values_sha256)
        exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
        yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
        received_at, gatherer_id
    from stage
    order by exchange_ts, market_ticker, values_sha256, received_at
    on conflict do nothing
    returning date_bin('1 hour', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
