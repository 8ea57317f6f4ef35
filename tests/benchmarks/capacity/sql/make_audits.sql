-- Make one audit by each gatherer of each order book whose turn it is; in the first period all are audited. Books that
-- changed in this period are audited at its end, others some time in it, so that all gatherers receive the same state.
-- Parameters: began, seconds, first (number of the first snapshot), active, parity, period (its number), audit_every
-- (a book is audited once in this many periods)
truncate made_snapshots;
insert into made_snapshots
with due as (
    select k, center from made_markets
    where %(period)s = 0 or mod(k, %(audit_every)s) = mod(%(period)s, %(audit_every)s)
),

levels as (
    -- Fifteen levels of each side that never change.
    select m.k, s.is_yes, m.center - 10 - c.number as cents, made_size(m.k, s.is_yes, -c.number, 0) as size
    from due as m
    cross join (values (true), (false)) as s (is_yes)
    cross join generate_series(1, 15) as c (number)
    union all
    select l.k, l.is_yes, l.cents, made_size(l.k, l.is_yes, l.cents, (l.toggles + 1) / 2) as size
    from made_levels as l
    inner join due as m on l.k = m.k
    where mod(l.toggles, 2) = 1
)

select
    %(first)s + l.k as n, l.k,
    coalesce(array_agg((l.cents / 100.0)::numeric(6, 4) order by l.cents) filter (where l.is_yes), '{}') as yes_prices,
    coalesce(array_agg(l.size order by l.cents) filter (where l.is_yes), '{}') as yes_sizes,
    coalesce(array_agg((l.cents / 100.0)::numeric(6, 4) order by l.cents) filter (where not l.is_yes), '{}')
        as no_prices,
    coalesce(array_agg(l.size order by l.cents) filter (where not l.is_yes), '{}') as no_sizes
from levels as l
group by l.k;

insert into made_audits as a (n, k, gatherer, received_at, clock, changed_at, changes)
select
    %(first)s + m.k as n, m.k, g.gatherer,
    case
        when m.k <= %(active)s and mod(m.k + %(parity)s, 2) = 0
            then t.began + t.span + g.gatherer * interval '2 ms' + m.k * interval '1 us'
        else t.began + t.span * (mod(abs(hashint8(m.k * 7919::bigint + g.gatherer)), 1000000) / 1000500.0)
    end as received_at,
    m.clock, m.changed_at, m.changes
from made_snapshots as s
inner join made_markets as m on s.k = m.k
cross join generate_series(1, 3) as g (gatherer)
cross join (values (%(began)s::timestamptz, make_interval(secs => %(seconds)s - 0.9))) as t (began, span)
on conflict (k, gatherer) do update
    set
        n = excluded.n, received_at = excluded.received_at, clock = excluded.clock, changed_at = excluded.changed_at,
        changes = excluded.changes, before_n = a.n, before_at = a.received_at, before_clock = a.clock,
        before_changed_at = a.changed_at, before_changes = a.changes;
analyze made_snapshots, made_audits;
