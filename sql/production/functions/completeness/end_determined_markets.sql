-- End what is expected of markets that the exchange reports as determined or settled.
-- Parameters: since, only later messages are read
-- Reads: market_data.lifecycle_events
-- Writes: ops.expected, ops.market_minutes_due
-- Returns: how many markets ended
create or replace function ops.end_determined_markets(since timestamptz) returns bigint
language sql
as $$
    with
    reported as (
        select l.subject_ticker as market_ticker, min(l.seen_at) as seen_at
        from market_data.lifecycle_events as l
        where l.seen_at >= since and l.kind in ('determined', 'settled')
        group by l.subject_ticker
    ),

    ended as (
        update ops.expected as e set determined_at = s.seen_at
        from reported as s
        where
            e.market_ticker = s.market_ticker and e.market_ticker <> '' and e.channel = 'orderbook_delta'
            and coalesce(e.determined_at > s.seen_at, true)
        returning e.market_ticker, e.determined_at
    ),

    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, e.market_ticker, tstzrange(e.determined_at, null) as during
        from ended as e
    )

    select count(*) from ended;
$$;

comment on function ops.end_determined_markets is 'End what is expected of markets that are determined or settled.';
