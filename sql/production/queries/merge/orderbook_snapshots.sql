-- Merge staged order-book snapshots: hold each state once (see ops.staged_snapshots), with what any line knows of it.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_orderbook_snapshots
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
with
met as materialized (select * from ops.matched_snapshots()),

clockless as (
    delete from market_data.hot_orderbook_snapshots as k using met as m
    where
        k.market_ticker = m.market_ticker and m.began_at <= k.received_at and m.ended_at > k.received_at
        and (k.levels_sha256, k.last_change_at) = (m.levels_sha256, m.last_change_at)
        and k.occurrence > 0 and m.occurrence = 0
    returning k.received_at, k.gatherer_id, k.market_ticker, k.levels_sha256, k.last_change_at, k.market_id
),

kept as materialized (
    select
        m.*, c.gatherer_id as earlier_gatherer_id, least(m.received_at, c.received_at) as first_received_at,
        greatest(m.market_id, c.market_id) as known_id
    from met as m
    left join clockless as c
        on
            m.market_ticker = c.market_ticker and m.began_at <= c.received_at and m.ended_at > c.received_at
            and (m.levels_sha256, m.last_change_at, m.occurrence) = (c.levels_sha256, c.last_change_at, 0)
),

inserted as (
    insert into market_data.hot_orderbook_snapshots (
        received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes,
        no_prices, no_sizes, gatherer_id, last_change_at
    )
    select
        first_received_at, market_ticker, known_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes, no_prices,
        no_sizes, coalesce(earlier_gatherer_id, gatherer_id) as gatherer_id, last_change_at
    from kept where known_at is null
    on conflict do nothing
    returning received_at, gatherer_id, 1 as is_new
),

described as (
    update market_data.hot_orderbook_snapshots as k set market_id = m.known_id, last_change_at = m.last_change_at
    from kept as m
    where
        (k.market_ticker, k.received_at, k.clock) = (m.market_ticker, m.known_at, m.clock)
        and (k.levels_sha256, k.occurrence) = (m.levels_sha256, m.occurrence)
        and (m.occurrence = 0 or k.last_change_at is not distinct from m.last_change_at)
        and (k.market_id, k.last_change_at) is distinct from (m.known_id, m.last_change_at)
    returning k.received_at, k.gatherer_id, 0 as is_new
)

select gatherer_id, date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') as touched_hour, sum(is_new) as new_rows
from (
    select received_at, gatherer_id, 0 as is_new from clockless
    union all
    select * from inserted
    union all
    select * from described
) as touched
group by gatherer_id, touched_hour;
