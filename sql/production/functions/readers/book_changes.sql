-- List what an order book consists of at a time: the levels of the last snapshot received by then, and the changes
-- after it, added up. market_data.book_at says which changes come after it.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: what market_data.last_snapshot and market_data.deltas read
-- Returns: side, price, size to add, the highest clock and the latest time of what is added (the snapshot's own if a
-- level comes from it), and when the snapshot was received; no row before the first snapshot
create or replace function market_data.book_changes(wanted_ticker text, wanted_at timestamptz) returns table (
    side text,
    price numeric,
    size numeric,
    clock bigint,
    changed_at timestamptz,
    snapshot_at timestamptz
)
language sql
stable
as $$
    with base as materialized (
        select
            s.received_at, s.clock, s.clock > 0 or s.occurrence = 0 as has_clock, s.last_change_at, s.gatherer_id,
            s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes
        from market_data.last_snapshot(wanted_ticker, wanted_at) as s
    )

    -- A row without a level stands for a snapshot that may have none.
    select null as side, null as price, null as size, b.clock, b.last_change_at as changed_at, b.received_at as snapshot_at
    from base as b
    union all
    select 'yes' as side, y.price, y.size, b.clock, b.last_change_at as changed_at, b.received_at as snapshot_at
    from base as b cross join unnest(b.yes_prices, b.yes_sizes) as y (price, size)
    union all
    select 'no' as side, n.price, n.size, b.clock, b.last_change_at as changed_at, b.received_at as snapshot_at
    from base as b cross join unnest(b.no_prices, b.no_sizes) as n (price, size)
    union all
    select d.side, d.price, d.size, d.clock, d.changed_at, b.received_at as snapshot_at
    from base as b
    cross join lateral (
        select
            each.side, each.price, sum(each.size_delta) as size, max(each.clock) as clock,
            max(each.exchange_ts) as changed_at
        from market_data.deltas(wanted_ticker, b.received_at - interval '5 min', wanted_at + interval '1 us') as each
        where
            each.exchange_ts > b.received_at - interval '5 min'
            and (b.has_clock or b.received_at < wanted_at)
            and case
                when b.has_clock and each.clock > 0 then each.clock > b.clock
                when each.time_digits >= 3 and b.last_change_at is not null
                    then
                        each.exchange_ts >= b.last_change_at + interval '1 ms'
                        or (
                            each.exchange_ts >= b.last_change_at and each.gatherer_id = b.gatherer_id
                            and each.received_at > b.received_at
                        )
                else each.received_at > b.received_at
            end
        group by each.side, each.price
    ) as d;
$$;

comment on function market_data.book_changes is
'What an order book consists of at a time: the levels of the last snapshot, and the changes after it, added up.';
