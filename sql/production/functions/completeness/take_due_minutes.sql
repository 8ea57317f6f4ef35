-- Take the minutes that are to be classified again. What ends soon waits until all of it has settled, so that it is
-- classified once. Minutes that were restored from the archive are not classified again: what they were judged by is
-- not in the archive.
-- Parameters: settled_until, later minutes have not been classified at all yet; markets_max, of how many markets
-- Reads: ops.watermarks
-- Writes: ops.market_minutes_due
-- Returns: per stream and market the minutes, and whether its coverage may have changed for all time to come
create or replace function ops.take_due_minutes(settled_until timestamptz, markets_max integer) returns table (
    stream text,
    market_ticker text,
    from_at timestamptz,
    until_at timestamptz,
    is_lasting boolean
)
language sql
as $$
    with
    ready as materialized (
        select
            d.ctid as place, d.stream, d.market_ticker, coalesce(lower(d.during) < settled_until, true) as has_settled
        from ops.market_minutes_due as d
        inner join ops.classified_streams() as s on d.stream = s.stream
        where
            not s.is_by_market
            or not coalesce(upper(d.during) > settled_until and upper(d.during) <= now() + interval '1 min', false)
    ),

    picked as (
        (
            select r.stream, r.market_ticker
            from ready as r
            group by r.stream, r.market_ticker
            having bool_or(r.has_settled)
            limit markets_max
        )
        union all
        -- Nothing is to be classified for these, so that the many of a new connection keep no other market waiting.
        select r.stream, r.market_ticker
        from ready as r
        group by r.stream, r.market_ticker
        having not bool_or(r.has_settled)
    ),

    taken as (
        delete from ops.market_minutes_due as d
        using ready as r
        inner join picked as p on r.stream = p.stream and r.market_ticker = p.market_ticker
        where d.ctid = r.place
        returning d.stream, d.market_ticker, d.during
    )

    select
        t.stream, t.market_ticker,
        date_bin('1 min', greatest(min(lower(t.during)), lower(ops.believed_times()), r.moment), timestamptz 'epoch') as from_at,
        least(
            settled_until,
            max(case when upper_inf(t.during) then settled_until
                else date_bin('1 min', upper(t.during) + interval '1 min', timestamptz 'epoch') end)
        ) as until_at,
        bool_or(upper_inf(t.during)) as is_lasting
    from taken as t
    left join ops.watermarks as r on r.name = 'restored'
    where not isempty(t.during)
    group by t.stream, t.market_ticker, r.moment;
$$;

comment on function ops.take_due_minutes is 'Take the minutes that are to be classified again.';
