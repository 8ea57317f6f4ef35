-- List what single gatherers missed of a market, with who closed it.
-- Parameters: wanted_ticker, the market; wanted, the time asked about
-- Reads: what ops.coverage_by_gatherer and ops.gaps_backfilled read
-- Returns: one row per gatherer and stretch missed: who received any of it, who fetched any of it by REST, and what of
-- it remains lost (empty: repaired)
create or replace function ops.gap_repairs(wanted_ticker text, wanted tstzrange)
returns table (
    channel text,
    gatherer_id smallint,
    missed tstzrange,
    received_by smallint[],
    fetched_by smallint[],
    lost tstzmultirange
)
language plpgsql
stable
as $$
begin
    return query
    select
        l.channel, line.gatherer_id, hole.missed,
        other.gatherers as received_by,
        rest.gatherers as fetched_by,
        tstzmultirange(hole.missed) - other.covered - rest.covered as lost
    from ops.classified_streams() as l
    cross join unnest(array['', wanted_ticker]) as t (ticker)
    cross join lateral ops.coverage_by_gatherer(l.channel, t.ticker, wanted) as line
    cross join lateral unnest(line.missed) as hole (missed)
    cross join lateral (
        select
            coalesce(array_agg(o.gatherer_id order by o.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(o.covered), '{}') as covered
        from ops.coverage_by_gatherer(l.channel, t.ticker, wanted) as o
        where o.covered && hole.missed
    ) as other
    cross join lateral (
        select
            coalesce(array_agg(distinct f.gatherer_id), '{}') as gatherers,
            coalesce(range_agg(f.during), '{}') as covered
        from ops.gaps_backfilled(l.channel, hole.missed) as f
        where t.ticker = ''
    ) as rest
    order by l.channel, hole.missed, line.gatherer_id;
end;
$$;

comment on function ops.gap_repairs is 'What single gatherers missed of a market, and who closed it.';
