-- List what an order book consists of at a time: the levels of its last snapshot, and the changes after it, added up.
-- market_data.book_at says which changes come after it. If first_at and last_at are constant in a query, PostgreSQL
-- plans only the partitions of the changes between them.
-- Parameters: base, the last snapshot received by the time; wanted_at, the time; first_at, last_at, limits of the
-- changes: at the latest 5 min before the snapshot, and 1 us after the time
-- Reads: what market_data.deltas_between reads
-- Returns: side, price, size to add, the highest clock and the latest time of what is added (the snapshot's own if a
-- level comes from it), and when the snapshot was received
create or replace function market_data.book_parts(
    base market_data.hot_orderbook_snapshots, wanted_at timestamptz, first_at timestamptz, last_at timestamptz
) returns table (
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
    select l.side, l.price, l.size, base.clock, base.last_change_at as changed_at, base.received_at as snapshot_at
    from market_data.snapshot_levels(base) as l
    union all
    select d.side, d.price, d.size, d.clock, d.changed_at, base.received_at as snapshot_at
    from (
        select
            each.side, each.price, sum(each.size_delta) as size, max(each.clock) as clock,
            max(each.exchange_ts) as changed_at
        from market_data.deltas_between(
            base.received_at - interval '5 min', wanted_at + interval '1 us', first_at, last_at
        ) as each
        where
            each.market_ticker = base.market_ticker
            and each.exchange_ts > base.received_at - interval '5 min'
            and (base.clock > 0 or base.occurrence = 0 or base.received_at < wanted_at)
            and market_data.comes_after(
                base, each.clock, each.exchange_ts, each.time_digits, each.gatherer_id, each.received_at
            )
        group by each.side, each.price
    ) as d;
$$;

comment on function market_data.book_parts is
'What an order book consists of at a time: the levels of its last snapshot, and the changes after it, added up.';
