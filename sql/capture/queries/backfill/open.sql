-- Start a backfill of trades, or find the one with the same range and market.
-- Parameters: range_from timestamptz, range_to timestamptz, market_ticker text (empty for all)
-- Writes: capture.backfills
-- Returns: done_until, the time from which trades are still to be fetched
insert into capture.backfills (range_from, range_to, market_ticker, done_until)
values (%(range_from)s, %(range_to)s, %(market_ticker)s, %(range_from)s)
on conflict (range_from, range_to, market_ticker) do update
    set updated_at = now()
returning done_until;
