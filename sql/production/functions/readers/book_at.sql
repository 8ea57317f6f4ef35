-- Rebuild a market's order book at a time: the last snapshot received by then, and the changes after it.
-- What comes after the snapshot is decided by what both have, the first of these:
--   the exchange's clock: changes with a higher one
--   the time of the last change that the snapshot's connection received before it (last_change_at): changes of later
--   milliseconds, and those of the same one that the same gatherer received after the snapshot
--   the time of receipt: changes received later. Production keeps only the first arrival of each row, so a change that
--   was on its way together with the snapshot on another connection may be counted twice or not at all
-- At the time of a snapshot without a clock the book is that snapshot, whatever other connections received by then.
-- Before the first snapshot nothing is known, which looks like an empty book.
-- A snapshot's time is when its gatherer received it. Changes count if they are up to 5 min older by the exchange's
-- time.
-- Parameters: wanted_ticker, the market; wanted_at, the time
-- Reads: what market_data.last_snapshot and market_data.deltas read
-- Returns: one row per price level: side (yes or no bids), price on the scale of its own side, size in contracts
create or replace function market_data.book_at(wanted_ticker text, wanted_at timestamptz)
returns table (side text, price numeric, size numeric)
language sql
stable
as $$
    with
    base as materialized (
        select
            s.received_at, s.clock, s.clock > 0 or s.occurrence = 0 as has_clock, s.last_change_at, s.gatherer_id,
            s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes
        from market_data.last_snapshot(wanted_ticker, wanted_at) as s
    ),

    change as (
        select 'yes' as side, y.price, y.size
        from base as b cross join unnest(b.yes_prices, b.yes_sizes) as y (price, size)
        union all
        select 'no' as side, n.price, n.size
        from base as b cross join unnest(b.no_prices, b.no_sizes) as n (price, size)
        union all
        select d.side, d.price, d.size
        from base as b
        cross join lateral (
            select each.side, each.price, sum(each.size_delta) as size
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
        ) as d
    )

    select c.side, c.price, sum(c.size) as size
    from change as c
    group by c.side, c.price
    having sum(c.size) <> 0
    order by c.side desc, c.price desc;
$$;

comment on function market_data.book_at is
'A market''s order book at a time: side, price in dollars on the scale of its side, size in contracts.';
