-- Begin and end what is expected of every market by the opening and closing times that the exchange lists. A market
-- that was first covered more than a day after it opened was not wanted before. Nothing was expected before the first
-- connection.
-- Reads: market_data.markets, ops.connections
-- Writes: ops.expected, ops.market_minutes_due
-- Returns: how many markets changed
create or replace function eager.update_market_times() returns bigint
language sql
as $$
    with
    first_connection as (
        select min(c.opened_at) as moment from ops.connections as c where c.opened_at <@ (select ops.believed_times())
    ),

    listed as (
        select
            e.market_ticker,
            case when m.open_time > e.began_at - interval '1 day' and greatest(m.open_time, f.moment) < e.began_at
                then greatest(m.open_time, f.moment) end as opened_at,
            case when m.status in ('closed', 'determined', 'disputed', 'amended', 'finalized') then m.close_time end
            as closed_at,
            e.opened_at as opened_before, e.closed_at as closed_before
        from ops.expected as e
        inner join market_data.markets as m on e.market_ticker = m.ticker
        cross join first_connection as f
        where e.channel = 'orderbook_delta'
    ),

    changed as (
        update ops.expected as e set opened_at = l.opened_at, closed_at = l.closed_at
        from listed as l
        where
            e.channel = 'orderbook_delta' and e.market_ticker = l.market_ticker
            and (l.opened_at, l.closed_at) is distinct from (l.opened_before, l.closed_before)
        returning
            e.market_ticker,
            case when l.opened_at is distinct from l.opened_before then least(l.opened_at, l.opened_before, e.began_at)
                else least(l.closed_at, l.closed_before) end as since
    ),

    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, c.market_ticker, tstzrange(c.since, null) as during
        from changed as c
    )

    select count(*) from changed;
$$;

comment on function eager.update_market_times is
'Begin and end what is expected of markets by their opening and closing times.';
