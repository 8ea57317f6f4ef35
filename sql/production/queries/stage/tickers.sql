-- Create the table that polled tickers pass through; its columns are those that capture/poll/tickers sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    exchange_ts timestamptz,
    received_at timestamptz,
    market_ticker text collate "C",
    values_sha256 bytea,
    market_id text,
    last_price numeric,
    yes_bid numeric,
    yes_ask numeric,
    yes_bid_size numeric,
    yes_ask_size numeric,
    last_trade_size numeric,
    volume numeric,
    open_interest numeric,
    dollar_volume bigint,
    dollar_open_interest bigint,
    time_digits smallint,
    ingest_xid xid8 not null
) on commit delete rows;
