-- List the levels of an order-book snapshot as rows.
-- Parameters: the snapshot's prices and sizes
-- Returns: one row per level
create or replace function ops.book_levels(
    yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[]
) returns table (side text, price numeric, size numeric)
language sql
immutable
as $$
    select 'yes' as side, y.price, y.size from unnest(yes_prices, yes_sizes) as y (price, size)
    union all
    select 'no' as side, n.price, n.size from unnest(no_prices, no_sizes) as n (price, size);
$$;

comment on function ops.book_levels is 'The levels of an order-book snapshot as rows.';
