-- Count the states of each book whose row lacks a market's id or time of the last change that a connection knew
-- (missing), and those whose row has another one (wrong). A row without a clock may be of any state with its levels.
-- If it is of one that is published after the end of the journal, it is wrong, but nothing is missing.
-- Reads: pg_temp.snapshot_state, pg_temp.journal
-- Writes: pg_temp.mislabelled_book
-- Returns: nothing
create temporary table mislabelled_book as
with
named as (
    select not exists (select from journal where line #>> '{fault, name}' = 'empty_market_id') as is_complete
),

book as (
    select
        s.market_ticker, s.yes_levels, s.no_levels,
        n.is_complete,
        n.is_complete and bool_and(s.all_named) as all_have_name,
        array_agg(a.changed_at) as allowed,
        array_agg(h.changed_at) as held,
        array_agg(h.changed_at) filter (where not s.is_clockless) as held_with_clock
    from snapshot_state as s
    cross join named as n
    left join lateral unnest(s.changes) as a (changed_at) on true
    left join lateral unnest(s.held_changes) as h (changed_at) on true
    group by s.market_ticker, s.yes_levels, s.no_levels, n.is_complete
)

select
    b.market_ticker, b.yes_levels, b.no_levels,
    count(*) filter (
        where
        (b.all_have_name or (b.is_complete and s.has_name)) and '' = any(s.held_market_ids)
        or not s.due_changes <@ case
            when s.has_clock and s.rows > 0 then coalesce(s.held_changes, '{}') else b.held
        end
    ) as missing,
    count(*) filter (
        where
        (s.messages is not null and not s.held_market_ids <@ (s.market_ids || array['']))
        or not s.held_changes <@ case when s.is_clockless then b.allowed else coalesce(s.changes, '{}') end
        -- The merge takes these for copies.
        or (s.is_clockless and s.held_changes && b.held_with_clock)
    ) as wrong
from book as b
inner join snapshot_state as s
    on b.market_ticker = s.market_ticker and b.yes_levels = s.yes_levels and b.no_levels = s.no_levels
where s.messages is not null or s.is_clockless
group by b.market_ticker, b.yes_levels, b.no_levels;
