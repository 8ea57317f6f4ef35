-- The order-book snapshots that packed rows hold, exactly as they were before they were packed, with the day of each. A
-- condition on the day and the market decides which packed rows are read.
-- Reads: market_data.packed_orderbook_snapshots
create or replace view market_data.snapshots_unpacked as
select
    p.day,
    u.received_at,
    p.market_ticker,
    u.market_id,
    u.clock,
    u.levels_sha256,
    u.occurrence,
    u.yes_prices,
    u.yes_sizes,
    u.no_prices,
    u.no_sizes,
    u.gatherer_id,
    u.last_change_at
from market_data.packed_orderbook_snapshots as p
cross join lateral (
    select
        c.received_at,
        p.market_id,
        c.clock,
        c.levels_sha256,
        coalesce(c.occurrence, 0) as occurrence,
        market_data.unscaled(p.prices[m.first:c.yes_end], p.price_scale) as yes_prices,
        market_data.unscaled(p.sizes[m.first:c.yes_end], p.size_scale) as yes_sizes,
        market_data.unscaled(p.prices[c.yes_end + 1:c.no_end], p.price_scale) as no_prices,
        market_data.unscaled(p.sizes[c.yes_end + 1:c.no_end], p.size_scale) as no_sizes,
        coalesce(c.gatherer_id, p.gatherer_id) as gatherer_id,
        c.last_change_at
    from
        unnest(
            p.times, p.clocks, p.digests, p.occurrences, p.last_changes, p.gatherer_ids, p.yes_ends, p.no_ends
        ) with ordinality
            as c (
                received_at, clock, levels_sha256, occurrence, last_change_at, gatherer_id, yes_end, no_end, number
            )
    cross join lateral (select coalesce(p.no_ends[c.number - 1], 0) + 1 as first) as m
    union all
    select
        e.received_at,
        e.market_id,
        e.clock,
        e.levels_sha256,
        e.occurrence,
        e.yes_prices,
        e.yes_sizes,
        e.no_prices,
        e.no_sizes,
        e.gatherer_id,
        e.last_change_at
    from jsonb_to_recordset(p.exact_rows) as e (
        received_at timestamptz, market_id text, clock bigint, levels_sha256 bytea, occurrence integer,
        yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint,
        last_change_at timestamptz
    )
) as u;

comment on view market_data.snapshots_unpacked is
'The order-book snapshots that packed rows hold; market_data.snapshots_of reads it.';
comment on column market_data.snapshots_unpacked.day is 'The day (UTC) in which the snapshot lies.';
comment on column market_data.snapshots_unpacked.received_at is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.market_ticker is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.market_id is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.clock is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.levels_sha256 is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.occurrence is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.yes_prices is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.yes_sizes is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.no_prices is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.no_sizes is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.gatherer_id is 'As in market_data.orderbook_snapshots.';
comment on column market_data.snapshots_unpacked.last_change_at is 'As in market_data.orderbook_snapshots.';
