-- Compare order-book snapshots with what an exchange published: each state once if a connection got its clock,
-- otherwise its levels at least once, and at most as often as they were sent: a new connection knows no earlier change,
-- so of equal levels it cannot know whether the book changed in between. A missing label counts
-- as a lost state, a wrong one as an invented one.
-- Reads: pg_temp.snapshot_state, pg_temp.mislabelled_book
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
book as (
    select
        market_ticker, yes_levels, no_levels,
        coalesce(sum(rows), 0) as held,
        coalesce(sum(rows) filter (where is_clockless), 0) as clockless,
        count(*) filter (where has_clock and rows = 0) as sure_lost,
        count(*) filter (where not has_clock and rows = 0) as unsure_lost,
        coalesce(sum(messages - rows) filter (where not is_sure), 0) as room,
        coalesce(sum(rows - 1) filter (where rows > 0 and messages is not null), 0) as twice,
        coalesce(sum(rows) filter (where messages is null and not is_clockless), 0) as unpublished
    from snapshot_state
    group by market_ticker, yes_levels, no_levels
),

counted as (
    select
        b.held,
        b.sure_lost + case when b.clockless = 0 then b.unsure_lost else 0 end as lost,
        b.twice + b.unpublished + greatest(b.clockless - b.room, 0) as invented,
        coalesce(m.missing, 0) as missing,
        coalesce(m.wrong, 0) as wrong
    from book as b
    left join mislabelled_book as m
        on b.market_ticker = m.market_ticker and b.yes_levels = m.yes_levels and b.no_levels = m.no_levels
)

select
    coalesce(sum(held + lost - invented), 0) as published,
    coalesce(sum(held), 0) as held,
    coalesce(sum(lost + missing), 0) as lost,
    coalesce(sum(invented + wrong), 0) as invented
from counted;
