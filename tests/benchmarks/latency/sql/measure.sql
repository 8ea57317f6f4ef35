-- Measure how long changes took, in all and in each part of their way: to the gatherer whose row production holds, to
-- its commit there, to the transaction of production that merges it, and to the commit of that. The first seconds are
-- left out: programs start then, and the first partitions are made.
-- Parameters: warm_seconds, how many
-- Reads: market_data.hot_orderbook_deltas, pg_temp.gathered
-- Returns: how many changes were measured, and the median and the 99th percentile in ms of all and of each part
with moments as (
    select
        p.exchange_ts,
        p.received_at,
        g.committed_at,
        p.polled_at,
        pg_xact_commit_timestamp(p.xmin) as held_at
    from market_data.hot_orderbook_deltas as p
    inner join gathered as g
        on
            p.gatherer_id = g.gatherer_id
            and p.received_at = g.received_at
            and p.market_ticker = g.market_ticker
            and p.exchange_ts = g.exchange_ts
            and p.clock = g.clock
            and p.side = g.side
            and p.price = g.price
            and p.size_delta = g.size_delta
            and p.occurrence = g.occurrence
),

steps as (
    select
        1000 * extract(epoch from held_at - exchange_ts) as whole_ms,
        1000 * extract(epoch from received_at - exchange_ts) as receive_ms,
        1000 * extract(epoch from committed_at - received_at) as commit_ms,
        1000 * extract(epoch from polled_at - committed_at) as poll_ms,
        1000 * extract(epoch from held_at - polled_at) as production_ms
    from moments
    where exchange_ts >= (select min(m.exchange_ts) from moments as m) + make_interval(secs => %(warm_seconds)s)
)

select
    count(*) as deltas,
    percentile_cont(array[0.5, 0.99]) within group (order by whole_ms) as whole,
    percentile_cont(array[0.5, 0.99]) within group (order by receive_ms) as receive,
    percentile_cont(array[0.5, 0.99]) within group (order by commit_ms) as commit,
    percentile_cont(array[0.5, 0.99]) within group (order by poll_ms) as poll,
    percentile_cont(array[0.5, 0.99]) within group (order by production_ms) as production
from steps;
