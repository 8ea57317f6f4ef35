-- Find the last order-book snapshot of a market that was received in a time. A packed day is read only if no hot row of
-- its time or later was received in it. If all times but wanted_ticker are constant in a query, PostgreSQL plans only
-- the partitions of those times.
-- Parameters: wanted_ticker, the market; from_day, a day before from_at; from_at, snapshots after it; wanted_at, and
-- until then
-- Reads: market_data.hot_orderbook_snapshots, market_data.packed_orderbook_snapshots
-- Returns: no row, or the snapshot in the columns of market_data.orderbook_snapshots
create or replace function market_data.last_snapshot_during(
    wanted_ticker text, from_day timestamptz, from_at timestamptz, wanted_at timestamptz
) returns setof market_data.hot_orderbook_snapshots
language sql
stable
as $$
    with
    hot as materialized (
        select h.*
        from market_data.hot_orderbook_snapshots as h
        where h.market_ticker = wanted_ticker and h.received_at > from_at and h.received_at <= wanted_at
        order by h.received_at desc, h.clock desc
        limit 1
    ),

    -- A day that the market has may begin with a snapshot after the time.
    packed_day as materialized (
        select p.day
        from market_data.packed_orderbook_snapshots as p
        where
            p.market_ticker = wanted_ticker and p.day > from_day and p.day <= wanted_at and p.first_at <= wanted_at
            and p.day > coalesce((select h.received_at from hot as h), '-infinity') - interval '24 h'
        order by p.day desc
        limit 1
    )

    select s.*
    from (
        select h.* from hot as h
        union all
        select u.*
        from market_data.packed_orderbook_snapshots as p
        cross join lateral market_data.unpacked_snapshot(p, wanted_at) as u
        where
            p.market_ticker = wanted_ticker and p.day = (select d.day from packed_day as d)
            and p.day > from_day and p.day <= wanted_at
            and u.received_at > from_at
    ) as s
    order by s.received_at desc, s.clock desc
    limit 1;
$$;

comment on function market_data.last_snapshot_during is
'The last order-book snapshot of a market that was received in a time; market_data.last_snapshot calls it.';
