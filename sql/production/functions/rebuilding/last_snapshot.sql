-- Find the last order-book snapshot of a market that was received by a time. An open market has one each day, so the
-- last days are searched first: only their partitions are planned, packed ones if the market has any.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: market_data.hot_orderbook_snapshots, market_data.packed_orderbook_snapshots
-- Returns: no row, or the snapshot in the columns of market_data.orderbook_snapshots
create or replace function market_data.last_snapshot(wanted_ticker text, wanted_at timestamptz)
returns setof market_data.hot_orderbook_snapshots
language plpgsql
stable
set plan_cache_mode = force_custom_plan
as $$
declare
    searched interval;
    from_at timestamptz;
    from_day timestamptz;
    hot market_data.hot_orderbook_snapshots;
begin
    foreach searched in array array['1 day', '30 days', 'infinity']::interval[] loop
        -- The time may be infinity, and nothing was received in the future.
        from_at := least(wanted_at, now()) - searched;
        select h.* into hot
        from market_data.hot_orderbook_snapshots as h
        where h.market_ticker = wanted_ticker and h.received_at > from_at and h.received_at <= wanted_at
        order by h.received_at desc, h.clock desc
        limit 1;
        from_day := coalesce(hot.received_at, from_at) - interval '24 h';
        perform from market_data.packed_orderbook_snapshots as p
        where p.market_ticker = wanted_ticker and p.day > from_day and p.day <= wanted_at and p.first_at <= wanted_at
        limit 1;
        if found then
            from_day := from_at - interval '24 h';
            return query
            select s.* from market_data.last_snapshot_during(wanted_ticker, from_day, from_at, wanted_at) as s;
            exit when found;
        elsif hot.received_at is not null then
            return next hot;
            exit;
        end if;
    end loop;
end;
$$;

comment on function market_data.last_snapshot is
'The last order-book snapshot of a market that was received by a time.';
