-- Count the snapshots published and held of each state of a book. States differ by their clock, even one that no
-- connection got; in recordings from before it existed, by the changes between them.
-- Reads: pg_temp.published_snapshot, pg_temp.snapshot_change, market_data.orderbook_snapshots
-- Writes: pg_temp.snapshot_state; messages is null for a state that was not published. is_sure: all have their clock;
-- has_clock: some connection got it, and has_name: with the market's id; all_named: all got the id
-- Returns: nothing
create temporary table snapshot_state as
with
published as (
    select
        s.market_ticker, array[s.yes_prices, s.yes_sizes] as yes_levels, array[s.no_prices, s.no_sizes] as no_levels,
        coalesce(s.true_clock, -coalesce(s.change_number, 0)) as state,
        count(*) filter (where s.form = 0) as messages,
        bool_and(s.clock is not null) as is_sure,
        bool_or(s.clock is not null and s.is_received) as has_clock,
        bool_or(s.clock is not null and s.market_id <> '' and s.is_received) as has_name,
        bool_and(s.market_id <> '') as all_named,
        array_agg(distinct s.market_id) as market_ids,
        array_agg(distinct c.changed_at) filter (where c.changed_at is not null) as changes,
        array_agg(distinct c.changed_at) filter (where c.is_due) as due_changes
    from published_snapshot as s
    left join snapshot_change as c on s.line_number = c.line_number
    where s.is_readable
    group by s.market_ticker, yes_levels, no_levels, state
),

held as (
    select
        market_ticker, array[yes_prices, yes_sizes] as yes_levels, array[no_prices, no_sizes] as no_levels,
        case when occurrence = 0 then clock end as state,
        count(*) as rows,
        array_agg(distinct market_id) as market_ids,
        array_agg(distinct last_change_at) filter (where last_change_at is not null) as changes
    from market_data.orderbook_snapshots
    group by market_ticker, yes_levels, no_levels, state
)

select
    coalesce(p.market_ticker, h.market_ticker) as market_ticker,
    coalesce(p.yes_levels, h.yes_levels) as yes_levels,
    coalesce(p.no_levels, h.no_levels) as no_levels,
    p.messages,
    p.is_sure,
    p.has_clock,
    p.has_name,
    p.all_named,
    p.market_ids,
    p.changes,
    p.due_changes,
    h.state is null and h.rows is not null as is_clockless,
    coalesce(h.rows, 0) as rows,
    h.market_ids as held_market_ids,
    h.changes as held_changes
from published as p
full join held as h
    on
        p.market_ticker = h.market_ticker and p.yes_levels = h.yes_levels and p.no_levels = h.no_levels
        and p.state = h.state;
