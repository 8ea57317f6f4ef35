-- Begin and end what is expected of markets by the opening and closing times that the exchange lists. A market that was
-- first covered more than a day after it opened was not wanted before. Nothing was expected before any gatherer was
-- connected for the first time, however long a market had been open then.
-- Parameters: tickers, the markets
-- Reads: market_data.markets, ops.watermarks
-- Writes: ops.expected, ops.market_minutes_due
-- Returns: how many markets changed
create or replace function ops.update_market_times(tickers text[]) returns bigint
language sql
as $$
    with
    listed as (
        select
            e.market_ticker,
            case when m.open_time > e.began_at - interval '1 day' and greatest(m.open_time, w.moment) < e.began_at
                then greatest(m.open_time, w.moment) end as opened_at,
            case when m.status in ('closed', 'determined', 'disputed', 'amended', 'finalized') then m.close_time end
            as closed_at,
            e.opened_at as opened_before, e.closed_at as closed_before
        from ops.expected as e
        inner join market_data.markets as m on e.market_ticker = m.ticker
        left join ops.watermarks as w on w.name = 'first_connection'
        where e.channel = 'orderbook_delta' and e.market_ticker = any(tickers)
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

comment on function ops.update_market_times is
'Begin and end what is expected of markets by their opening and closing times.';
