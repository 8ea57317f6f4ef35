-- List the order-book snapshots of all markets in a time, hot and packed ones.
-- Parameters: from_at, until_at, snapshots at or after the first and before the second
-- Reads: market_data.hot_orderbook_snapshots, market_data.snapshots_unpacked
-- Returns: the snapshots in the columns of market_data.orderbook_snapshots
create or replace function market_data.snapshots_during(from_at timestamptz, until_at timestamptz)
returns table (
    received_at timestamptz,
    market_ticker text,
    market_id text,
    clock bigint,
    levels_sha256 bytea,
    occurrence integer,
    yes_prices numeric[],
    yes_sizes numeric[],
    no_prices numeric[],
    no_sizes numeric[],
    gatherer_id smallint,
    last_change_at timestamptz
)
language sql
stable
as $$
    select
        h.received_at, h.market_ticker, h.market_id, h.clock, h.levels_sha256, h.occurrence, h.yes_prices, h.yes_sizes,
        h.no_prices, h.no_sizes, h.gatherer_id, h.last_change_at
    from market_data.hot_orderbook_snapshots as h
    where h.received_at >= from_at and h.received_at < until_at
    union all
    select
        u.received_at, u.market_ticker, u.market_id, u.clock, u.levels_sha256, u.occurrence, u.yes_prices, u.yes_sizes,
        u.no_prices, u.no_sizes, u.gatherer_id, u.last_change_at
    from market_data.snapshots_unpacked as u
    where
        -- A time minus an interval is no constant while a query is planned.
        u.day >= date_bin('24 h', from_at, '2000-01-01 00:00:00+00') and u.day < until_at
        and u.received_at >= from_at and u.received_at < until_at;
$$;

comment on function market_data.snapshots_during is
'The order-book snapshots of all markets in a time.';
