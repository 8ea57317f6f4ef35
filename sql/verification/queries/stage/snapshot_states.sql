-- Count the snapshots published and held of each state of a book. States differ by their clock, even one that no
-- connection got; in recordings from before it existed, by the changes between them.
-- Reads: pg_temp.published_snapshot, market_data.orderbook_snapshots
-- Writes: pg_temp.snapshot_state; messages is null for a state that was not published. is_sure: all have their clock
-- Returns: nothing
create temporary table snapshot_state as
with
published as (
    select
        market_ticker,
        array[yes_prices, yes_sizes] as yes_levels,
        array[no_prices, no_sizes] as no_levels,
        coalesce(true_clock, -coalesce(change_number, 0)) as state,
        count(*) as messages,
        bool_and(clock is not null) as is_sure,
        array_agg(distinct market_id) as market_ids
    from published_snapshot
    where is_readable
    group by market_ticker, yes_levels, no_levels, state
),

held as (
    select
        market_ticker,
        array[yes_prices, yes_sizes] as yes_levels,
        array[no_prices, no_sizes] as no_levels,
        case when occurrence = 0 then clock end as state,
        count(*) as rows,
        array_agg(distinct market_id) as market_ids
    from market_data.orderbook_snapshots
    group by market_ticker, yes_levels, no_levels, state
)

select
    coalesce(p.market_ticker, h.market_ticker) as market_ticker,
    coalesce(p.yes_levels, h.yes_levels) as yes_levels,
    coalesce(p.no_levels, h.no_levels) as no_levels,
    p.messages,
    p.is_sure,
    p.market_ids,
    h.state is null and h.rows is not null as is_clockless,
    coalesce(h.rows, 0) as rows,
    h.market_ids as held_market_ids
from published as p
full join held as h
    on
        p.market_ticker = h.market_ticker and p.yes_levels = h.yes_levels and p.no_levels = h.no_levels
        and p.state = h.state;
