-- Find the last order-book snapshot of a packed row that was received by a time, without unpacking the others.
-- Parameters: packed, the row; wanted_at, the time
-- Returns: the last one that the arrays hold, and all until then that they could not hold, in the columns of
-- market_data.orderbook_snapshots
create or replace function market_data.unpacked_snapshot(
    packed market_data.packed_orderbook_snapshots, wanted_at timestamptz
) returns setof market_data.hot_orderbook_snapshots
language sql
stable
as $$
    select
        packed.times[n.number], packed.market_ticker, packed.market_id, packed.clocks[n.number],
        packed.digests[n.number], coalesce(packed.occurrences[n.number], 0),
        market_data.unscaled(packed.prices[n.first:n.yes_end], packed.price_scale),
        market_data.unscaled(packed.sizes[n.first:n.yes_end], packed.size_scale),
        market_data.unscaled(packed.prices[n.yes_end + 1:n.no_end], packed.price_scale),
        market_data.unscaled(packed.sizes[n.yes_end + 1:n.no_end], packed.size_scale),
        coalesce(packed.gatherer_ids[n.number], packed.gatherer_id), packed.last_changes[n.number]
    from (
        select
            b.number, coalesce(packed.no_ends[b.number - 1], 0) + 1 as first, packed.yes_ends[b.number] as yes_end,
            packed.no_ends[b.number] as no_end
        -- The snapshots are in the order of time, so the last one is found without reading the others.
        from (select width_bucket(wanted_at, packed.times) as number offset 0) as b
        where b.number > 0
    ) as n
    union all
    select
        e.received_at, packed.market_ticker, e.market_id, e.clock, e.levels_sha256, e.occurrence, e.yes_prices,
        e.yes_sizes, e.no_prices, e.no_sizes, e.gatherer_id, e.last_change_at
    from jsonb_to_recordset(packed.exact_rows) as e (
        received_at timestamptz, market_id text, clock bigint, levels_sha256 bytea, occurrence integer,
        yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint,
        last_change_at timestamptz
    )
    where e.received_at <= wanted_at;
$$;

comment on function market_data.unpacked_snapshot is
'The last order-book snapshot of a packed row that was received by a time; market_data.last_snapshot calls it.';
