-- Record the progress of a backfill.
-- Parameters: range_from timestamptz, range_to timestamptz, market_ticker text, done_until timestamptz,
-- trades_fetched bigint, trades_added bigint, both since the last call
-- Writes: capture.backfills
-- Returns: nothing
update capture.backfills
set
    done_until = %(done_until)s,
    trades_fetched = trades_fetched + %(trades_fetched)s,
    trades_added = trades_added + %(trades_added)s,
    updated_at = now()
where range_from = %(range_from)s and range_to = %(range_to)s and market_ticker = %(market_ticker)s;
