-- Merge staged order-book snapshots: hold one per clock and levels each day. Snapshots without a clock are numbered:
-- hold one per number and levels each hour. Each takes the market's id from any line that has one.
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_snapshots
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which only an id is new
with
placed as not materialized (
    select
        *, case when occurrence > 0 then interval '1 hour' else interval '1 day' end as cell,
        date_trunc(case when occurrence > 0 then 'hour' else 'day' end, received_at, 'UTC') as began_at
    from stage
),

candidate as materialized (
    select distinct on (market_ticker, clock, levels_sha256, occurrence, began_at)
        *,
        coalesce(max(market_id) over (partition by market_ticker, clock, levels_sha256, occurrence, began_at), '') as id
    from placed
    order by market_ticker, clock, levels_sha256, occurrence, began_at, received_at
),

met as materialized (
    select c.*, k.received_at as known_at, k.market_id as known_id
    from candidate as c
    left join market_data.orderbook_snapshots as k
        on
            c.market_ticker = k.market_ticker and c.began_at <= k.received_at and c.began_at + c.cell > k.received_at
            and (c.clock, c.levels_sha256, c.occurrence) = (k.clock, k.levels_sha256, k.occurrence)
),

inserted as (
    insert into market_data.orderbook_snapshots (
        received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes,
        no_prices, no_sizes, gatherer_id, last_change_at
    )
    select
        received_at, market_ticker, id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices, no_sizes,
        gatherer_id, last_change_at
    from met
    where known_at is null
    order by received_at, market_ticker
    on conflict do nothing
    returning received_at, gatherer_id
),

described as (
    update market_data.orderbook_snapshots as k set market_id = m.id
    from met as m
    where
        m.known_id = '' and m.id <> '' and k.received_at = m.known_at and k.market_ticker = m.market_ticker
        and (k.clock, k.levels_sha256, k.occurrence) = (m.clock, m.levels_sha256, m.occurrence)
    returning k.received_at, m.gatherer_id
)

select gatherer_id, date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') as touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour
union all
select distinct gatherer_id, date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') as touched_hour, 0 as new_rows
from described;
