-- Comparisons of order books for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.book_checks
create or replace view sync.book_checks_v1 as
select
    ingest_xid,
    frame_number,
    connection_id,
    sid,
    market_ticker,
    from_at,
    until_at,
    from_seq,
    until_seq,
    from_clock,
    until_clock,
    from_change_at,
    until_change_at,
    change_count,
    inner_count,
    level_count,
    is_equal,
    wrong_level_count,
    difference
from capture.book_checks
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.book_checks_v1 is 'Comparisons of order books; continue after the last ingest_xid.';
