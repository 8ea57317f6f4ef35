-- For each gatherer: the time it covered a market on a channel, and the time it missed. It misses what lies between its
-- first coverage and the end of the time asked about, unless it dropped the market because the market is over.
-- Parameters: wanted_channel; wanted_ticker, empty for a channel of all markets; wanted, the time asked about
-- Reads: what ops.coverage_spans reads
-- Returns: one row per gatherer, without those whose last coverage ended more than a day before `wanted`
create or replace function ops.coverage_by_gatherer(wanted_channel text, wanted_ticker text, wanted tstzrange)
returns table (gatherer_id smallint, covered tstzmultirange, missed tstzmultirange)
language sql
stable
as $$
    select
        s.gatherer_id,
        coalesce(range_agg(s.during), '{}') * tstzmultirange(wanted) as covered,
        tstzmultirange(wanted) * tstzmultirange(tstzrange(min(s.began_at), case
            when (array_agg(s.end_reason order by s.ended_at desc nulls first))[1] = 'dropped' then max(s.ended_at)
        end)) - coalesce(range_agg(s.during), '{}') as missed
    from ops.coverage_spans(
        wanted_channel, wanted_ticker, tstzrange(lower(wanted) - interval '1 day', upper(wanted))
    ) as s
    group by s.gatherer_id;
$$;

comment on function ops.coverage_by_gatherer is 'What each gatherer covered and missed of a market on a channel.';
