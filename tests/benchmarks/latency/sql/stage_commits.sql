-- Create the table that takes what all gatherers committed.
-- Writes: pg_temp.gathered
create temporary table gathered (
    gatherer_id smallint,
    received_at timestamptz,
    market_ticker text collate "C",
    exchange_ts timestamptz,
    clock bigint,
    side text,
    price numeric,
    size_delta numeric,
    occurrence integer,
    committed_at timestamptz
);
