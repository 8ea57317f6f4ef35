-- Rebuild a market's order book at a time as one row: the levels of market_data.book_at, and the last change in it.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: what market_data.last_snapshot and market_data.rebuilt_book read
-- Returns: the highest clock of a change in it, 0 if none has one; its levels of each side, the lowest price first;
-- when its last snapshot was received; the time of the last change in it, null if none is known. No row before the
-- first snapshot: nothing is known then
create or replace function market_data.book_state(wanted_ticker text, wanted_at timestamptz) returns table (
    clock bigint,
    yes_prices numeric[],
    yes_sizes numeric[],
    no_prices numeric[],
    no_sizes numeric[],
    snapshot_at timestamptz,
    last_change_at timestamptz
)
language plpgsql
stable
set plan_cache_mode = force_custom_plan
as $$
declare
    base market_data.hot_orderbook_snapshots;
    first_at timestamptz;
    last_at timestamptz;
begin
    select s.* into base from market_data.last_snapshot(wanted_ticker, wanted_at) as s;
    if found then
        first_at := base.received_at - interval '5 min';
        last_at := wanted_at + interval '1 us';
        return query select b.* from market_data.rebuilt_book(base, wanted_at, first_at, last_at) as b;
    end if;
end;
$$;

comment on function market_data.book_state is
'A market''s order book at a time as one row, and the clock and time of the last change in it.';
