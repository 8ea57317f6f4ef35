-- Merge staged order-book snapshots: hold one per clock and levels each day. Snapshots without a clock are numbered:
-- hold one per number and levels each hour.
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_snapshots
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
celled as not materialized (
    select *, case when occurrence > 0 then interval '1 hour' else interval '1 day' end as cell
    from stage
),

placed as not materialized (
    select *, date_bin(cell, received_at, '2000-01-01 00:00:00+00') as began_at
    from celled
),

candidate as (
    select distinct on (market_ticker, clock, levels_sha256, occurrence, began_at) *
    from placed
    order by market_ticker, clock, levels_sha256, occurrence, began_at, received_at
),

inserted as (
    insert into market_data.orderbook_snapshots (
        received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes,
        no_prices, no_sizes, gatherer_id
    )
    select
        c.received_at, c.market_ticker, c.market_id, c.clock, c.levels_sha256, c.occurrence, c.yes_prices,
        c.yes_sizes, c.no_prices, c.no_sizes, c.gatherer_id
    from candidate as c
    where
        not exists (
            select from market_data.orderbook_snapshots as known
            where
                known.market_ticker = c.market_ticker
                and known.received_at >= c.began_at and known.received_at < c.began_at + c.cell
                and (known.clock, known.levels_sha256, known.occurrence) = (c.clock, c.levels_sha256, c.occurrence)
        )
    order by c.received_at, c.market_ticker
    on conflict do nothing
    returning date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
