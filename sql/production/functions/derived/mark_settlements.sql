-- Mark the hours of the archive's settlements that anything about some markets falls into, since more is known of them.
-- Parameters: tickers of the markets
-- Reads: ops.announced_outcomes
-- Writes: what ops.mark_derived writes
-- Returns: nothing
create or replace function ops.mark_settlements(tickers text[]) returns void
language sql
as $$
    select ops.mark_derived(
        'settlements',
        array(select o.seen_at from ops.announced_outcomes as o where o.market_ticker = any(tickers))
    );
$$;

comment on function ops.mark_settlements is
'Mark the hours of the archive''s settlements that anything about some markets falls into.';
