-- Make the table that polled order-book deltas pass through; its columns are those of poll_orderbook_deltas.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    exchange_ts timestamptz,
    received_at timestamptz,
    market_ticker text collate "C",
    clock bigint,
    side text,
    price numeric,
    size_delta numeric,
    occurrence integer,
    ingest_xid xid8 not null
) on commit delete rows;
