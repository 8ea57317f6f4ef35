-- Compare order-book snapshots with what an exchange published: each state once if all connections got its clock,
-- otherwise its levels at least once, and at most as often as they were sent: a new connection knows no earlier change,
-- so of equal levels it cannot know whether the book changed in between.
-- Reads: pg_temp.snapshot_state
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
book as (
    select
        coalesce(sum(rows), 0) as held,
        coalesce(sum(rows) filter (where is_clockless), 0) as clockless,
        count(*) filter (where is_sure and rows = 0) as sure_lost,
        count(*) filter (where not is_sure and rows = 0) as unsure_lost,
        coalesce(sum(messages - rows) filter (where not is_sure), 0) as room,
        coalesce(sum(rows - 1) filter (where rows > 0 and messages is not null), 0) as twice,
        coalesce(sum(rows) filter (where messages is null and not is_clockless), 0) as unpublished,
        -- An empty id is none.
        count(*) filter (
            where not held_market_ids <@ (market_ids || array['']) and messages is not null
        ) as misnamed
    from snapshot_state
    group by market_ticker, yes_levels, no_levels
),

counted as (
    select
        held,
        sure_lost + case when clockless = 0 then unsure_lost else 0 end + misnamed as lost,
        twice + unpublished + greatest(clockless - room, 0) + misnamed as invented
    from book
)

select
    coalesce(sum(held + lost - invented), 0) as published,
    coalesce(sum(held), 0) as held,
    coalesce(sum(lost), 0) as lost,
    coalesce(sum(invented), 0) as invented
from counted;
