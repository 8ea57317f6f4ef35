-- Changes of order books in an hour, after the levels that each book begins it with (n = -1, eight on each side).
-- The market with the most changes has 0.6 % of them. Three changes of ten empty a level.
-- Needs made_markets, the macro chance, and the variables begin_at and changes: how many are drawn.
-- Returns: market (its number), n, changed_at, clock, is_yes, price in cents, size afterwards and change in hundredths
create or replace temp table made_changes as
with drawn as (
    select
        n,
        floor(20 * (pow(getvariable('markets') / 20.0 + 1, chance(n, 2)) - 1))::integer as market,
        floor((n + chance(n, 3)) * 3599000000.0 / getvariable('changes'))::bigint as after_us,
        chance(n, 4) < 0.5 as is_yes,
        abs(4 * ln(1 - chance(n, 5)))::integer as distance,
        case
            when chance(n, 6) < 0.3 then 0
            when chance(n, 6) < 0.93 then 100 * (1 + floor(2000 * chance(n, 7)))
            else 1 + floor(200000 * chance(n, 7))
        end::integer as size
    from (select unnest(range(getvariable('changes'))) as n) as numbered
),

placed as (
    select
        d.market, d.n, d.after_us, d.is_yes, d.size,
        greatest(1, if(d.is_yes, m.centre - 1, 99 - m.centre) - d.distance)::smallint as price
    from drawn as d
    inner join made_markets as m on d.market = m.number
    union all
    select
        m.number, -1, 0, s.is_yes, (100 * (1 + floor(3000 * chance(m.number, 8 + l.distance))))::integer,
        (if(s.is_yes, m.centre - 1, 99 - m.centre) - l.distance)::smallint
    from made_markets as m
    cross join (values (true), (false)) as s (is_yes)
    cross join range(8) as l (distance)
    where if(s.is_yes, m.centre - 1, 99 - m.centre) > l.distance
),

compared as (
    select *, size - lag(size, 1, 0) over (partition by market, is_yes, price order by n) as change from placed
)

select
    market, n, getvariable('begin_at') + to_microseconds(after_us) as changed_at, is_yes, price, size, change,
    if(n < 0, 1000, 1000 + 2 * row_number() over (partition by market order by n))::bigint as clock
from compared
where change <> 0;
