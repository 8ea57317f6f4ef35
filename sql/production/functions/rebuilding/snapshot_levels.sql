-- List the levels of a snapshot of an order book, and a row without a level, which stands for a snapshot that has none.
-- Parameters: base, the snapshot
-- Returns: side, price, size
create or replace function market_data.snapshot_levels(base market_data.hot_orderbook_snapshots)
returns table (side text, price numeric, size numeric)
language sql
immutable
as $$
    select null as side, null as price, null as size
    union all
    select 'yes' as side, y.price, y.size
    from unnest(base.yes_prices, base.yes_sizes) as y (price, size)
    union all
    select 'no' as side, n.price, n.size
    from unnest(base.no_prices, base.no_sizes) as n (price, size);
$$;

comment on function market_data.snapshot_levels is 'The levels of a snapshot of an order book.';
