-- End what is expected of markets that the exchange reports as determined or settled, and expect a market again that it
-- activates after that.
-- Parameters: tickers, the markets; since, only later messages are read
-- Reads: market_data.lifecycle_events
-- Writes: ops.expected, ops.market_minutes_due
-- Returns: how many markets ended or were opened again
create or replace function ops.end_determined_markets(tickers text[], since timestamptz) returns bigint
language sql
as $$
    with
    message as (
        select
            l.subject_ticker as market_ticker, l.kind, l.seen_at,
            max(l.seen_at) filter (where l.kind = 'activated') over (partition by l.subject_ticker) as activated_at
        from market_data.lifecycle_events as l
        where
            l.subject_ticker = any(tickers) and l.seen_at >= since
            and l.kind in ('activated', 'determined', 'settled')
    ),

    reported as (
        select
            m.market_ticker, m.activated_at,
            min(m.seen_at) filter (where m.kind <> 'activated' and coalesce(m.seen_at >= m.activated_at, true))
            as ended_at
        from message as m
        group by m.market_ticker, m.activated_at
    ),

    judged as (
        select
            e.market_ticker, e.determined_at as determined_before, r.activated_at,
            -- An end before the market was activated is over.
            least(
                r.ended_at, case when coalesce(e.determined_at >= r.activated_at, true) then e.determined_at end
            ) as determined_at
        from ops.expected as e
        inner join reported as r on e.market_ticker = r.market_ticker
        where e.market_ticker <> '' and e.channel = 'orderbook_delta'
    ),

    changed as (
        update ops.expected as e set determined_at = j.determined_at
        from judged as j
        where
            e.channel = 'orderbook_delta' and e.market_ticker = j.market_ticker
            and j.determined_at is distinct from j.determined_before
        returning
            e.market_ticker,
            least(
                j.determined_at, case when j.determined_before < j.activated_at then j.activated_at end
            ) as since
    ),

    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, c.market_ticker, tstzrange(c.since, null) as during
        from changed as c
    )

    select count(*) from changed;
$$;

comment on function ops.end_determined_markets is
'End what is expected of markets that are determined or settled, and expect those that are activated again.';
