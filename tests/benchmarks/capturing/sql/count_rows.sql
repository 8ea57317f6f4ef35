-- Count the committed rows of a run, and measure how late they were committed.
-- Reads: capture.orderbook_deltas, capture.trades, capture.tickers
-- Returns: rows; deltas; seconds from the first receipt to the last commit; the 99th percentile of receipt to commit;
-- the medians of sending to commit in the first and the last quarter of the rows; these three in ms
with
received as (
    select received_at, sent_at, ingest_xid, true as is_delta from capture.orderbook_deltas
    union all
    select received_at, sent_at, ingest_xid, false as is_delta from capture.trades
    union all
    select received_at, sent_at, ingest_xid, false as is_delta from capture.tickers
),

committed as (
    select
        received_at,
        sent_at,
        is_delta,
        pg_xact_commit_timestamp(ingest_xid::xid) as committed_at,
        ntile(4) over (order by received_at) as quarter
    from received
)

select
    count(*) as committed_rows,
    count(*) filter (where is_delta) as deltas,
    extract(epoch from max(committed_at) - min(received_at))::double precision as seconds,
    1000 * percentile_cont(0.99) within group (order by extract(epoch from committed_at - received_at)) as p99_ms,
    1000 * percentile_cont(0.5) within group (
        order by extract(epoch from committed_at - sent_at)
    ) filter (where quarter = 1) as first_ms,
    1000 * percentile_cont(0.5) within group (
        order by extract(epoch from committed_at - sent_at)
    ) filter (where quarter = 4) as last_ms
from committed;
