-- List what an order book consists of at a time: the levels of the last snapshot received by then, and the changes
-- after it, added up. Only the partitions of those changes are planned, since their times are known before; packed ones
-- are planned if the market has any.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: market_data.hot_orderbook_deltas, and what market_data.last_snapshot and market_data.book_parts read
-- Returns: the rows of market_data.book_parts; none before the first snapshot
create or replace function market_data.book_changes(wanted_ticker text, wanted_at timestamptz) returns table (
    side text,
    price numeric,
    size numeric,
    clock bigint,
    changed_at timestamptz,
    snapshot_at timestamptz
)
language plpgsql
stable
set plan_cache_mode = force_custom_plan
as $$
declare
    base market_data.hot_orderbook_snapshots;
    first_at timestamptz;
    last_at timestamptz;
    first_hour timestamptz;
begin
    select s.* into base from market_data.last_snapshot(wanted_ticker, wanted_at) as s;
    if not found then
        return;
    end if;
    first_at := base.received_at - interval '5 min';
    last_at := wanted_at + interval '1 us';
    first_hour := date_bin('1 h', first_at, '2000-01-01 00:00:00+00');
    perform from market_data.packed_orderbook_deltas as p
    where p.market_ticker = wanted_ticker and p.hour >= first_hour and p.hour < last_at
    limit 1;
    if found then
        return query select p.* from market_data.book_parts(base, wanted_at, first_at, last_at) as p;
        return;
    end if;
    return query
    select l.side, l.price, l.size, base.clock, base.last_change_at, base.received_at
    from market_data.snapshot_levels(base) as l;
    if base.clock = 0 and base.occurrence > 0 and base.received_at >= wanted_at then
        return;
    end if;
    return query
    select h.side, h.price, sum(h.size_delta), max(h.clock), max(h.exchange_ts), base.received_at
    from market_data.hot_orderbook_deltas as h
    where
        h.market_ticker = wanted_ticker and h.exchange_ts > first_at and h.exchange_ts < last_at
        and market_data.comes_after(base, h.clock, h.exchange_ts, h.time_digits, h.gatherer_id, h.received_at)
    group by h.side, h.price;
end;
$$;

comment on function market_data.book_changes is
'What an order book consists of at a time: the levels of the last snapshot, and the changes after it, added up.';
