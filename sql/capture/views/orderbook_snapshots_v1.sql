-- Order-book snapshots for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.orderbook_snapshots
create or replace view sync.orderbook_snapshots_v1 as
select
    ingest_xid,
    received_at,
    market_ticker,
    market_id,
    clock,
    yes_prices,
    yes_sizes,
    no_prices,
    no_sizes,
    occurrence,
    sha256(
        convert_to(concat_ws('|', yes_prices::text, yes_sizes::text, no_prices::text, no_sizes::text), 'UTF8')
    ) as levels_sha256,
    last_change_at
from capture.orderbook_snapshots
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.orderbook_snapshots_v1 is 'Order-book snapshots; continue after the last ingest_xid.';
