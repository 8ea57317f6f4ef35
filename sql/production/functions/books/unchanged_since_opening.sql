-- Find for how long after its opening a market's book is known not to have changed: a snapshot with the clock 0 and no
-- level shows that nothing was missed before it, although no gatherer covered the market then.
-- Parameters: wanted_ticker; opened_at, when its book was expected from, null if that is its first coverage;
-- covered_at, when a gatherer first covered it
-- Reads: what market_data.snapshots_of reads
-- Returns: the time, from the opening to such a snapshot, or to a minute after first coverage if the snapshot came
-- later; none if there is no such snapshot
create or replace function ops.unchanged_since_opening(
    wanted_ticker text, opened_at timestamptz, covered_at timestamptz
) returns tstzmultirange
language sql
stable
as $$
    select coalesce(range_agg(tstzrange(opened_at, least(s.received_at, covered_at + interval '1 min'))), '{}')
    -- Coverage follows within a day of the opening.
    from market_data.snapshots_of(wanted_ticker, opened_at, opened_at + interval '1 day 1 min') as s
    where
        opened_at < covered_at
        -- A snapshot that is numbered has no clock.
        and s.clock = 0 and s.occurrence = 0 and s.yes_prices = '{}' and s.no_prices = '{}';
$$;

comment on function ops.unchanged_since_opening is
'For how long after its opening a market''s book is known not to have changed.';
