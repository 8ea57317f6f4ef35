-- Rebuild a market's order book at a time as one row from its last snapshot: the levels of market_data.book_at, and the
-- last change in it.
-- Parameters: base, wanted_at, first_at, last_at, as for market_data.book_parts
-- Reads: what market_data.book_parts reads
-- Returns: the row of market_data.book_state
create or replace function market_data.rebuilt_book(
    base market_data.hot_orderbook_snapshots, wanted_at timestamptz, first_at timestamptz, last_at timestamptz
) returns table (
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
            p.side, p.price, sum(p.size) as size, max(p.clock) as clock, max(p.changed_at) as changed_at,
            max(p.snapshot_at) as snapshot_at
        from market_data.book_parts(base, wanted_at, first_at, last_at) as p
        group by p.side, p.price
    ) as l;
$$;

comment on function market_data.rebuilt_book is
'A market''s order book at a time as one row, from its last snapshot; market_data.book_state calls it.';
