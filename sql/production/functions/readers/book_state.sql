-- Rebuild a market's order book at a time as one row: the levels of market_data.book_at, and the last change in it.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: what market_data.book_changes reads
-- Returns: the highest clock of a change in it, 0 if none has one; its levels of each side, the lowest price first;
-- when its last snapshot was received; the time of the last change in it, null if none is known. No row before the
-- first snapshot: nothing is known then
create or replace function market_data.book_state(wanted_ticker text, wanted_at timestamptz) returns table (
    clock bigint,
    yes_prices numeric[],
    yes_sizes numeric[],
    no_prices numeric[],
    no_sizes numeric[],
    snapshot_at timestamptz,
    last_change_at timestamptz
)
language sql
stable
as $$
    select
        max(l.clock) as clock,
        coalesce(array_agg(l.price order by l.price) filter (where l.side = 'yes' and l.size <> 0), '{}') as yes_prices,
        coalesce(array_agg(l.size order by l.price) filter (where l.side = 'yes' and l.size <> 0), '{}') as yes_sizes,
        coalesce(array_agg(l.price order by l.price) filter (where l.side = 'no' and l.size <> 0), '{}') as no_prices,
        coalesce(array_agg(l.size order by l.price) filter (where l.side = 'no' and l.size <> 0), '{}') as no_sizes,
        max(l.snapshot_at) as snapshot_at,
        max(l.changed_at) as last_change_at
    from (
        select
            c.side, c.price, sum(c.size) as size, max(c.clock) as clock, max(c.changed_at) as changed_at,
            max(c.snapshot_at) as snapshot_at
        from market_data.book_changes(wanted_ticker, wanted_at) as c
        group by c.side, c.price
    ) as l
    having count(*) > 0;
$$;

comment on function market_data.book_state is
'A market''s order book at a time as one row, and the clock and time of the last change in it.';
