-- Sum up the minutes of a day by series and over all markets, in parts of the day of equal length.
-- Parameters: of_day; cells, in how many parts the day is divided, a divisor of 1440
-- Reads: what ops.minutes_during reads
-- Writes: ops.series_minutes
-- Returns: nothing
create or replace function ops.sum_up_minutes(of_day date, cells integer) returns void
language sql
as $$
    with
    market as materialized (
        select
            m.stream,
            split_part(m.market_ticker, '-', 1) as series,
            m.proven, m.covered, m.repaired, m.gap, m.idle, m.halted
        from (select of_day::timestamp at time zone 'UTC' as began) as d
        cross join lateral ops.minutes_during(d.began, d.began) as m
    ),

    part as (
        select
            m.stream,
            m.series,
            s.badness,
            s.state,
            c.cell,
            sum(least(t.ended, (c.cell + 1) * l.length) - greatest(t.began, c.cell * l.length)) as minutes
        from market as m
        cross join (select 1440 / cells as length, of_day::timestamp at time zone 'UTC' as from_at) as l
        cross join
            lateral (
                values
                (6, 'gap', m.gap), (5, 'repaired', m.repaired), (4, 'covered', m.covered), (3, 'proven', m.proven),
                (2, 'halted', m.halted), (1, 'idle', m.idle)
            ) as s (badness, state, runs)
        cross join unnest(s.runs) as r (during)
        cross join
            lateral (
                select
                    (extract(epoch from lower(r.during) - l.from_at) / 60)::integer as began,
                    (extract(epoch from upper(r.during) - l.from_at) / 60)::integer as ended
            ) as t
        cross join lateral generate_series(t.began / l.length, (t.ended - 1) / l.length) as c (cell)
        group by m.stream, m.series, s.badness, s.state, c.cell
    ),

    summed as (
        select k.stream, k.series, k.badness, k.state, k.cell, k.minutes from part as k where k.series <> ''
        union all
        select k.stream, '' as series, k.badness, k.state, k.cell, sum(k.minutes) as minutes
        from part as k group by k.stream, k.badness, k.state, k.cell
    )

    insert into ops.series_minutes as s (day, stream, series, markets, minutes, states)
    select of_day as day, n.stream, n.series, n.markets, coalesce(t.minutes, '{}'), coalesce(w.states, '{}')
    from (
        select m.stream, m.series, count(*) as markets from market as m where m.series <> '' group by m.stream, m.series
        union all
        select c.stream, '' as series, count(m.stream) as markets
        from ops.classified_streams() as c left join market as m on c.stream = m.stream group by c.stream
    ) as n
    left join (
        select b.stream, b.series, jsonb_object_agg(b.state, b.minutes) as minutes
        from (
            select k.stream, k.series, k.state, sum(k.minutes) as minutes from summed as k
            group by k.stream, k.series, k.state
        ) as b group by b.stream, b.series
    ) as t on n.stream = t.stream and n.series = t.series
    left join (
        select b.stream, b.series, jsonb_object_agg(b.cell, b.state) as states
        from (
            select distinct on (k.stream, k.series, k.cell) k.stream, k.series, k.cell, k.state
            from summed as k order by k.stream, k.series, k.cell, k.badness desc
        ) as b group by b.stream, b.series
    ) as w on n.stream = w.stream and n.series = w.series
    on conflict on constraint series_minutes_pkey do update
    set markets = excluded.markets, minutes = excluded.minutes, states = excluded.states, computed_at = now();
$$;

comment on function ops.sum_up_minutes is
'Sum up the minutes of a day by series and over all markets in ops.series_minutes.';
