-- Read market summaries for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what market_data.tickers_during reads
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.exchange_ts,
    t.values_sha256,
    t.market_id,
    t.last_price::text as last_price,
    t.yes_bid::text as yes_bid,
    t.yes_ask::text as yes_ask,
    t.yes_bid_size::text as yes_bid_size,
    t.yes_ask_size::text as yes_ask_size,
    t.last_trade_size::text as last_trade_size,
    t.volume::text as volume,
    t.open_interest::text as open_interest,
    t.dollar_volume,
    t.dollar_open_interest,
    t.received_at,
    t.gatherer_id,
    t.time_digits
from market_data.tickers_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
