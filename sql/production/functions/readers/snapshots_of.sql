-- List the order-book snapshots of a market in a time, hot and packed ones. It reads only the days of that time, which
-- a query of market_data.orderbook_snapshots cannot if the days are packed.
-- Parameters: wanted_ticker, the market; from_at, until_at, snapshots at or after the first and before the second
-- Reads: what market_data.snapshots_during reads
-- Returns: the snapshots in the columns of market_data.orderbook_snapshots
create or replace function market_data.snapshots_of(wanted_ticker text, from_at timestamptz, until_at timestamptz)
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
    -- Both functions are inlined, so this is a condition on the indexes of hot and packed rows, which have this order.
    select d.* from market_data.snapshots_during(from_at, until_at) as d
    where d.market_ticker = wanted_ticker collate "C";
$$;

comment on function market_data.snapshots_of is
'The order-book snapshots of a market in a time, faster than from market_data.orderbook_snapshots.';
