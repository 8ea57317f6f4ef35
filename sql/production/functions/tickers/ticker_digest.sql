-- Compute the digest of a market summary, as sync.tickers_v1 of a gatherer does: equal amounts have equal digests,
-- however many zeros they end with.
-- Parameters: time_digits, and the fields in the order of market_data.tickers
-- Returns: the digest
create or replace function ops.ticker_digest(
    time_digits smallint, market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric,
    yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric, dollar_volume bigint,
    dollar_open_interest bigint
) returns bytea
language sql
-- As stable as the text of a row, so that PostgreSQL computes it as a part of the query that calls it.
stable
parallel safe
as $$
    select sha256(
        convert_to(
            row(
                time_digits, market_id, trim_scale(last_price), trim_scale(yes_bid), trim_scale(yes_ask),
                trim_scale(yes_bid_size), trim_scale(yes_ask_size), trim_scale(last_trade_size), trim_scale(volume),
                trim_scale(open_interest), dollar_volume, dollar_open_interest
            )::text,
            'UTF8'
        )
    );
$$;

comment on function ops.ticker_digest is 'The digest of a market summary.';
