-- Create the table that polled order-book snapshots pass through.
-- Its columns are those that capture/poll/orderbook_snapshots sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    received_at timestamptz,
    market_ticker text collate "C",
    market_id text,
    clock bigint,
    levels_sha256 bytea,
    occurrence integer,
    yes_prices numeric[],
    yes_sizes numeric[],
    no_prices numeric[],
    no_sizes numeric[],
    last_change_at timestamptz,
    ingest_xid xid8 not null
) on commit delete rows;
