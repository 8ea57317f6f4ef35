-- List what gatherers missed in a time of what was expected, and where it was received or fetched instead. Minutes
-- that are not classified yet are left out: nothing is known of them.
-- Parameters: wanted_from, wanted_until, at most some days
-- Reads: ops.watermarks, ops.expected, ops.gaps, and what ops.coverage_by_gatherer_during, ops.coverage_during and
-- ops.missed_reason read
-- Returns: per stream, market (empty for all markets) and gatherer the missed times, cut to the time wanted; a missed
-- time is divided where its repair differs: by other gatherers, by REST, by books which show that nothing happened
-- then, or none. The gatherer is null for what none of them had covered in the day before.
create or replace function ops.missed_during(wanted_from timestamptz, wanted_until timestamptz) returns table (
    stream text,
    market_ticker text,
    during tstzrange,
    gatherer_id smallint,
    reason text,
    repair text,
    repaired_by text,
    repaired_at timestamptz
)
language plpgsql
stable
set plan_cache_mode = force_custom_plan
-- How many ranges overlap is only guessed, and a nested loop over all markets would never end.
set enable_nestloop = off
as $$
declare
    known tstzrange;
begin
    select tstzrange(wanted_from, greatest(wanted_from, least(wanted_until, w.moment))) into known
    from ops.watermarks as w
    where w.name = 'market_minutes';
    return query
    with
    asked as materialized (
        select c.stream, c.channel, e.market_ticker, tstzmultirange(e.during * known) as times
        from ops.classified_streams() as c
        inner join ops.expected as e on c.channel = e.channel and (e.market_ticker <> '') = c.is_by_market
        where e.during && known and coalesce(upper(e.during), 'infinity') > wanted_from
    ),

    covered as materialized (
        select
            g.channel, g.market_ticker, array_agg(g.gatherer_id) as gatherers, array_agg(g.covered) as covered,
            array_agg(g.missed) as missed, range_agg(g.covered + g.missed) as seen
        from ops.coverage_by_gatherer_during(known) as g
        group by g.channel, g.market_ticker
    ),

    missed as materialized (
        select
            a.stream, a.channel, a.market_ticker, c.gatherers, c.covered, m.gatherer_id, t.missed,
            t.missed - o.received as unreceived, t.missed * o.received as received
        from asked as a
        left join covered as c on a.channel = c.channel and a.market_ticker = c.market_ticker
        cross join lateral (
            select u.gatherer_id, u.missed from unnest(c.gatherers, c.missed) as u (gatherer_id, missed)
            union all
            select null as gatherer_id, a.times - coalesce(c.seen, '{}') as missed
        ) as m
        cross join lateral (select m.missed * a.times as missed) as t
        cross join lateral (
            select coalesce(range_agg(u.covered), '{}') as received
            from unnest(c.gatherers, c.covered) as u (gatherer_id, covered)
            where u.gatherer_id <> m.gatherer_id
        ) as o
        where not isempty(t.missed)
    ),

    -- The states of all markets are read only if something was missed that no gatherer received.
    lost as (
        select k.stream, k.market_ticker, range_agg(tstzrange(k.from_at, k.to_at)) as times
        from ops.coverage_during(wanted_from, wanted_until) as k
        where k.state = 'gap' and exists (select from missed as m where not isempty(m.unreceived))
        group by k.stream, k.market_ticker
    ),

    fetched as (
        select c.stream, range_agg(ops.ordered_range(g.began_at, g.detected_at)) as times
        from ops.classified_streams() as c
        inner join ops.gaps as g on c.channel = g.channel
        where
            not c.is_by_market and g.repair = 'rest'
            and g.began_at > wanted_from - interval '1 day' and g.began_at < wanted_until
        group by c.stream
    ),

    divided as (
        select m.*, d.repair, u.part as during
        from missed as m
        left join lost as l on m.stream = l.stream and m.market_ticker = l.market_ticker
        left join fetched as f on m.stream = f.stream
        cross join lateral (
            select m.unreceived - coalesce(f.times, '{}') as unrepaired, coalesce(l.times, '{}') as lost
        ) as t
        cross join lateral (
            values
            ('gatherer', m.received),
            ('rest', m.unreceived * coalesce(f.times, '{}')),
            ('books', t.unrepaired - t.lost),
            ('none', t.unrepaired * t.lost)
        ) as d (repair, times)
        cross join unnest(d.times) as u (part)
    )

    select
        d.stream, d.market_ticker, d.during, d.gatherer_id,
        case when d.gatherer_id is null then 'no gatherer had subscribed' else y.reason end as reason,
        d.repair, r.gatherers as repaired_by, r.ended_at as repaired_at
    from divided as d
    cross join lateral ops.missed_reason(d.channel, d.market_ticker, d.gatherer_id, lower(d.during)) as y
    left join lateral (
        select
            string_agg(o.gatherer_id::text, ',' order by o.gatherer_id) as gatherers, null::timestamptz as ended_at
        from unnest(d.gatherers, d.covered) as o (gatherer_id, covered)
        where d.repair = 'gatherer' and o.gatherer_id <> d.gatherer_id and o.covered && d.during
        having count(*) > 0
        union all
        select string_agg(distinct g.gatherer_id::text, ',') as gatherers, max(g.ended_at) as ended_at
        from ops.gaps as g
        where
            d.repair = 'rest' and g.channel = d.channel and g.repair = 'rest'
            and g.began_at > wanted_from - interval '1 day' and g.began_at < wanted_until
            and ops.ordered_range(g.began_at, g.detected_at) && d.during
        having count(*) > 0
    ) as r on true;
end;
$$;

comment on function ops.missed_during is
'What gatherers missed in a time of what was expected, and where it was received or fetched instead.';
