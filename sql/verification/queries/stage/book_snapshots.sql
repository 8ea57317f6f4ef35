-- Find the snapshots of an exchange's journal that production holds and, for each, the last change of its book before
-- it.
-- Reads: pg_temp.journal, market_data.orderbook_snapshots
-- Writes: pg_temp.book_snapshot
-- Returns: nothing
create temporary table book_snapshot as
with
message as (
    select
        line_number,
        line #>> '{frame, msg, market_ticker}' as market_ticker,
        line #>> '{frame, type}' = 'orderbook_snapshot' as is_snapshot,
        pg_temp.sent_clock(line #> '{frame, msg, clock}') as clock,
        date_trunc('milliseconds', pg_temp.sent_time(line #> '{frame, msg, ts_ms}', 1000)) as exchange_ms,
        timestamptz 'epoch' + (line ->> 'published_ms')::bigint * interval '1 ms' as published_at
    from journal
    where line #>> '{frame, type}' like 'orderbook_%'
),

placed as (
    select
        *,
        max(line_number) filter (where not is_snapshot) over (
            partition by market_ticker order by line_number
        ) as change_number
    from message
)

select distinct on (p.line_number)
    p.line_number,
    p.market_ticker,
    coalesce(c.exchange_ms, '-infinity') as exchange_ms,
    coalesce(c.clock, 0) as clock,
    h.yes_prices,
    h.yes_sizes,
    h.no_prices,
    h.no_sizes
from placed as p
inner join market_data.orderbook_snapshots as h on p.market_ticker = h.market_ticker and p.clock = h.clock
left join message as c on p.change_number = c.line_number
where p.is_snapshot
-- Clocks may restart, so a market may have two states with one clock.
order by p.line_number asc, abs(extract(epoch from h.received_at - p.published_at)) asc;
