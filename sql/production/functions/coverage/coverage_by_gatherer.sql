-- For each gatherer: the time it covered a market on a channel, and the time it missed. It misses what lies between its
-- first coverage and the end of the time asked about, unless it dropped the market because the market is over. It did
-- not cover the time in which an order book that it kept came out different from the next snapshot.
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
        tstzmultirange(wanted) * tstzmultirange(tstzrange(g.began_at, g.given_up_at)) - (g.received - line.different)
        as missed
    from (
        select
            s.gatherer_id, min(s.began_at) as began_at, coalesce(range_agg(s.during), '{}') as received,
            case when max(s.ended_at) filter (where s.end_reason = 'dropped')
                    = max(coalesce(s.ended_at, timestamptz 'infinity'))
                then max(s.ended_at)
            end as given_up_at
        from ops.coverage_spans(
            wanted_channel, wanted_ticker, tstzrange(lower(wanted) - interval '1 day', upper(wanted))
        ) as s
        group by s.gatherer_id
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
