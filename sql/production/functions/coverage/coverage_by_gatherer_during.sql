-- For each gatherer, channel and market: the time it covered, and the time it missed, as ops.coverage_by_gatherer
-- computes them for one market. All markets are grouped at once, which costs a fraction of asking market by market.
-- Parameters: wanted, the time asked about
-- Reads: ops.line_checks, and what ops.coverage_spans_during reads
-- Returns: one row per channel, market (empty for a channel of all markets) and gatherer, without those whose last
-- coverage ended more than a day before `wanted`
create or replace function ops.coverage_by_gatherer_during(wanted tstzrange)
returns table (
    channel text,
    market_ticker text,
    gatherer_id smallint,
    covered tstzmultirange,
    missed tstzmultirange
)
language sql
stable
as $$
    with
    received as (
        select
            e.channel, e.market_ticker, e.gatherer_id, range_agg(e.during) as times,
            range_agg(ops.owed_range(e.began_at, e.ended_at, e.end_reason, e.next_began_at)) as owed
        from (
            select s.*, min(s.began_at) over (
                partition by s.channel, s.market_ticker, s.gatherer_id
                order by coalesce(s.ended_at, timestamptz 'infinity'), s.end_reason is not distinct from 'dropped'
                rows between 1 following and unbounded following
            ) as next_began_at
            from ops.coverage_spans_during(tstzrange(lower(wanted) - interval '1 day', upper(wanted))) as s
        ) as e
        group by e.channel, e.market_ticker, e.gatherer_id
    ),

    different as (
        select k.market_ticker, k.gatherer_id, range_agg(tstzrange(k.from_at, k.until_at)) as times
        from ops.line_checks as k
        where
            not k.is_equal
            and k.until_at > coalesce(lower(wanted), '-infinity') and k.from_at < coalesce(upper(wanted), 'infinity')
        group by k.market_ticker, k.gatherer_id
    )

    select
        r.channel, r.market_ticker, r.gatherer_id,
        (r.times - coalesce(d.times, '{}')) * tstzmultirange(wanted) as covered,
        tstzmultirange(wanted) * r.owed - (r.times - coalesce(d.times, '{}')) as missed
    from received as r
    left join different as d
        on
            r.channel = 'orderbook_delta' and r.market_ticker = d.market_ticker
            and r.gatherer_id = d.gatherer_id;
$$;

comment on function ops.coverage_by_gatherer_during is
'What each gatherer covered and missed of each market on each channel.';
