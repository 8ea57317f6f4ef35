-- Make the order-book changes of a period: markets with even or with odd numbers change, a few of them most. One in a
-- hundred changes comes as two equal halves.
-- Parameters: began, seconds, period (its number), first (number of the first change), rows, active, parity, clock_step
truncate made_deltas;
with drawn as materialized (
    select
        n,
        %(began)s::timestamptz
        + ((n - random()) * %(seconds)s * 998000.0 / %(rows)s)::bigint * interval '1 us' as exchange_ts,
        2 * ceil(%(active)s / 2.0 * power(random(), 3))::integer - %(parity)s as k,
        random() < 0.5 as is_yes,
        round(10 * (random() + random() - 1))::integer as distance
    from generate_series(1, %(rows)s) as n
),

numbered as materialized (
    select
        d.*, m.center + d.distance as cents,
        coalesce(l.toggles, 0)
        + row_number() over (partition by d.k, d.is_yes, m.center + d.distance order by d.n) as toggle
    from drawn as d
    inner join made_markets as m on d.k = m.k
    left join made_levels as l on d.k = l.k and d.is_yes = l.is_yes and m.center + d.distance = l.cents
),

counted as (
    insert into made_levels as l
    select k, is_yes, cents, count(*) as toggles from numbered group by k, is_yes, cents
    on conflict (k, is_yes, cents) do update set toggles = l.toggles + excluded.toggles
),

sized as (
    select
        d.*,
        made_size(d.k, d.is_yes, d.cents, (d.toggle + 1) / 2) * case mod(d.toggle, 2) when 1 then 1 else -1 end as size
    from numbered as d
)

insert into made_deltas
select
    %(first)s + s.n as n, s.exchange_ts, s.k,
    700000000 + ((%(period)s * %(rows)s + s.n) * %(clock_step)s)::bigint as clock,
    case when s.is_yes then 'yes' else 'no' end as side, (s.cents / 100.0)::numeric(6, 4) as price,
    (s.size / (1 + h.is_split))::numeric(12, 2) as size_delta, o.occurrence
from sized as s
cross join lateral (values ((mod(s.n, 100) = 0)::integer)) as h (is_split)
cross join lateral generate_series(0, h.is_split) as o (occurrence)
order by s.n, o.occurrence;

update made_markets as m set clock = d.clock, changed_at = d.changed_at, changes = m.changes + d.changes
from (
    select k, max(clock) as clock, date_trunc('milliseconds', max(exchange_ts)) as changed_at, count(*) as changes
    from made_deltas
    group by k
) as d
where m.k = d.k;
analyze made_deltas, made_markets, made_levels;
