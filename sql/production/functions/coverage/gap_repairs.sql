-- List what single gatherers missed of a market, and which gatherers closed it.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage_by_gatherer and ops.gaps_backfilled read
-- Returns: one row per gatherer and missed time: which gatherers received any of it, which fetched any of it by REST,
-- and what of it remains lost (empty if repaired)
create or replace function ops.gap_repairs(wanted_ticker text, wanted tstzrange)
returns table (
    channel text,
    gatherer_id smallint,
    missed tstzrange,
    received_by smallint[],
    fetched_by smallint[],
    lost tstzmultirange
)
language sql
stable
as $$
    select
        c.channel, g.gatherer_id, gap.missed,
        other.gatherers as received_by,
        backfill.gatherers as fetched_by,
        tstzmultirange(gap.missed) - other.covered - backfill.covered as lost
    from ops.classified_streams() as c
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    cross join lateral ops.coverage_by_gatherer(c.channel, t.ticker, wanted) as g
    cross join lateral unnest(g.missed) as gap (missed)
    cross join lateral (
        select
            coalesce(array_agg(o.gatherer_id order by o.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(o.covered), '{}') as covered
        from ops.coverage_by_gatherer(c.channel, t.ticker, wanted) as o
        where o.covered && gap.missed
    ) as other
    cross join lateral (
        select
            coalesce(array_agg(distinct f.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(f.during), '{}') as covered
        from ops.gaps_backfilled(c.channel, gap.missed) as f
        where t.ticker = ''
    ) as backfill
    order by c.channel, gap.missed, g.gatherer_id;
$$;

comment on function ops.gap_repairs is 'What single gatherers missed of a market, and which gatherers closed it.';
