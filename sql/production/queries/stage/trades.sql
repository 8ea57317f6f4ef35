-- Create the table that polled trades pass through; its columns are those that capture/poll/trades sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    exchange_ts timestamptz,
    received_at timestamptz,
    trade_id text collate "C",
    market_ticker text collate "C",
    yes_price numeric,
    no_price numeric,
    size numeric,
    taker_side text,
    is_block_trade boolean,
    time_digits smallint,
    ingest_xid xid8 not null
) on commit delete rows;
