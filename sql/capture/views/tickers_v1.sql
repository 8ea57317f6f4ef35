-- Market summaries, whole finished transactions only: a row still being written, or written before one that is,
-- does not show yet, so nothing can appear behind a reader's position.
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
    ) as values_sha256
from capture.tickers
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.tickers_v1 is 'Market summaries; read on from ingest_xid.';
