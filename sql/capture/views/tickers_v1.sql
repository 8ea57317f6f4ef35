-- Market summaries for the deduplicator, of finished transactions only.
-- A row is hidden while its transaction, or an older one, is open; so no row can appear behind a reader's position.
-- Reads: capture.tickers
create or replace view sync.tickers_v1 as
select
    ingest_xid,
    received_at,
    case when time_digits > 3 then date_trunc('milliseconds', exchange_ts) else exchange_ts end as exchange_ts,
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
    -- Equal amounts have equal digests, however many zeros they end with: see production/functions/tickers.
    sha256(
        convert_to(
            row(
                case when time_digits > 3 then 3 else time_digits end, market_id, trim_scale(last_price),
                trim_scale(yes_bid), trim_scale(yes_ask),
                trim_scale(yes_bid_size), trim_scale(yes_ask_size), trim_scale(last_trade_size), trim_scale(volume),
                trim_scale(open_interest), dollar_volume, dollar_open_interest
            )::text,
            'UTF8'
        )
    ) as values_sha256,
    (case when time_digits > 3 then 3 else time_digits end)::smallint as time_digits
from capture.tickers
where ingest_xid < (select pg_snapshot_xmin(pg_current_snapshot()));

comment on view sync.tickers_v1 is 'Market summaries; continue after the last ingest_xid.';
