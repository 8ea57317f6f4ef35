-- The snapshots as production holds them, after one of each book when the hour begins.
-- Needs the files of the made-up snapshots and books, and the variable clock_begin.
-- Returns: the columns of market_data.hot_orderbook_snapshots
with every as (
    select * from read_parquet('orderbook_snapshots.parquet')
    union all by name
    select
        market_ticker, b.at as received_at, left(md5(market_ticker), 8) || '-0000-4000-8000-000000000000' as market_id,
        clock, unhex(sha256(market_ticker || clock)) as levels_sha256, 0 as occurrence, yes_levels, no_levels,
        1 as gatherer_id, last_change_at
    from read_parquet('books.parquet') as b
)

select
    received_at, market_ticker, market_id, clock + getvariable('clock_begin') as clock,
    '\x' || hex(levels_sha256) as levels_sha256, occurrence,
    '{' || array_to_string(list_transform(yes_levels, lambda level: level.price), ',') || '}' as yes_prices,
    '{' || array_to_string(list_transform(yes_levels, lambda level: level.size), ',') || '}' as yes_sizes,
    '{' || array_to_string(list_transform(no_levels, lambda level: level.price), ',') || '}' as no_prices,
    '{' || array_to_string(list_transform(no_levels, lambda level: level.size), ',') || '}' as no_sizes,
    gatherer_id, last_change_at
from every
