-- Market summaries for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.tickers
create or replace view sync.tickers_v1 as
select
    ingest_xid,
    received_at,
    exchange_ts,
    market_ticker,
    market_id,
    last_price,
    yes_bid,
    yes_ask,
    yes_bid_size,
    yes_ask_size,
    last_trade_size,
    volume,
    open_interest,
    dollar_volume,
    dollar_open_interest,
    sha256(
        convert_to(
            row(
                last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, last_trade_size,
                volume, open_interest, dollar_volume, dollar_open_interest
            )::text,
            'UTF8'
        )
    ) as values_sha256,
    time_digits
from capture.tickers
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.tickers_v1 is 'Market summaries; continue after the last ingest_xid.';
