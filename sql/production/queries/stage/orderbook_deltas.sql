-- Create the table that polled order-book deltas pass through.
-- Its columns are those that capture/poll/orderbook_deltas sends.
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
    time_digits smallint,
    ordinal integer,
    ordinal_of_clock integer,
    ordinal_digits smallint,
    burst_began_at timestamptz,
    ingest_xid xid8 not null
) on commit delete rows;
