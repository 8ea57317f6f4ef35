-- Books at the beginning of the hour (quarter 0), and a second before each quarter of the hour ends.
-- Needs made_changes and the variable begin_at.
-- Returns: market, quarter, clock, last_change_at, changed_in (the last quarter with a change), yes_levels, no_levels
create or replace temp table made_books as
with counted as (
    select
        market, is_yes, price, max_by(size, n) as size, max(clock) as clock, max(changed_at) as changed_at,
        if(n < 0, 0, 1 + floor((epoch(changed_at - getvariable('begin_at')) + 1) / 900))::integer as quarter
    from made_changes
    group by market, is_yes, price, if(n < 0, 0, 1 + floor((epoch(changed_at - getvariable('begin_at')) + 1) / 900))
),

held as (
    select
        c.market, q.quarter, c.is_yes, c.price, max_by(c.size, c.quarter) as size, max(c.clock) as clock,
        max(c.changed_at) as changed_at, max(c.quarter) as changed_in
    from counted as c
    inner join range(5) as q (quarter) on c.quarter <= q.quarter
    group by c.market, q.quarter, c.is_yes, c.price
)

select
    market, quarter, max(clock) as clock, max(changed_at) as last_change_at, max(changed_in) as changed_in,
    list(
        struct_pack(price := (price * 0.01)::decimal(18, 6), size := (size * 0.01)::decimal(18, 6)) order by price
    ) filter (where is_yes and size > 0) as yes_levels,
    list(
        struct_pack(price := (price * 0.01)::decimal(18, 6), size := (size * 0.01)::decimal(18, 6)) order by price
    ) filter (where not is_yes and size > 0) as no_levels
from held
group by market, quarter;
