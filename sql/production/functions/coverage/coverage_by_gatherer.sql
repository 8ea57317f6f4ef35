-- For each gatherer: the time it covered a market on a channel, and the time it missed: after its coverage ended, until
-- it began again, but at most a day, and nothing after it dropped the market because the market is over. So a moment is
-- missed or not whatever time around it is asked about. It did not cover the time in which an order book that it kept
-- came out different from the next snapshot.
-- Parameters: wanted_channel; wanted_ticker, empty for a channel of all markets; wanted, the time asked about
-- Reads: ops.line_checks, and what ops.coverage_spans reads
-- Returns: one row per gatherer, without those whose last coverage ended more than a day before `wanted`
create or replace function ops.coverage_by_gatherer(wanted_channel text, wanted_ticker text, wanted tstzrange)
returns table (gatherer_id smallint, covered tstzmultirange, missed tstzmultirange)
language sql
stable
as $$
    select
        g.gatherer_id,
        (g.received - line.different) * tstzmultirange(wanted) as covered,
        tstzmultirange(wanted) * g.owed - (g.received - line.different) as missed
    from (
        select
            e.gatherer_id, coalesce(range_agg(e.during), '{}') as received,
            range_agg(ops.owed_range(e.began_at, e.ended_at, e.end_reason, e.next_began_at)) as owed
        from (
            select s.*, min(s.began_at) over (
                partition by s.gatherer_id
                order by coalesce(s.ended_at, timestamptz 'infinity'), s.end_reason is not distinct from 'dropped'
                rows between 1 following and unbounded following
            ) as next_began_at
            from ops.coverage_spans(
                wanted_channel, wanted_ticker, tstzrange(lower(wanted) - interval '1 day', upper(wanted))
            ) as s
        ) as e
        group by e.gatherer_id
    ) as g
    cross join lateral (
        select coalesce(range_agg(tstzrange(k.from_at, k.until_at)), '{}') as different
        from ops.line_checks as k
        where
            wanted_channel = 'orderbook_delta' and k.market_ticker = wanted_ticker
            and k.gatherer_id = g.gatherer_id and not k.is_equal
            and k.until_at > coalesce(lower(wanted), '-infinity') and k.from_at < coalesce(upper(wanted), 'infinity')
    ) as line;
$$;

comment on function ops.coverage_by_gatherer is 'What each gatherer covered and missed of a market on a channel.';
