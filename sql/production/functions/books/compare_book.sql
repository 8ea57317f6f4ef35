-- Compare one snapshot of an order book with an earlier one plus the changes between their clocks. Take the last
-- snapshot received before it. Skip one received within the minute before with a higher clock: a faster connection
-- delivered it. Snapshots and changes without a clock cannot be compared here: of the changes in the millisecond of a
-- snapshot's last change, some may lie behind it. Gatherers compare them on their connections (ops.line_checks).
-- Parameters: the snapshot: wanted_ticker, wanted_at (received), wanted_clock, wanted_sha256; margin, how far outside
-- of the two receive times changes are looked for by the exchange's time
-- Reads: market_data.hot_orderbook_snapshots, and what market_data.snapshots_of and market_data.deltas read
-- Returns: one row, or none if there is nothing to compare with: the earlier snapshot, how many changes and levels were
-- compared, how many levels are wrong, and the first 50 of them
create or replace function ops.compare_book(
    wanted_ticker text, wanted_at timestamptz, wanted_clock bigint, wanted_sha256 bytea, margin interval
) returns table (
    from_at timestamptz,
    from_clock bigint,
    delta_count bigint,
    level_count integer,
    wrong_level_count integer,
    difference jsonb
)
language plpgsql
stable
set plan_cache_mode = force_custom_plan
as $$
declare
    earlier market_data.hot_orderbook_snapshots;
    later market_data.hot_orderbook_snapshots;
    packed_one market_data.hot_orderbook_snapshots;
begin
    if wanted_clock = 0 then
        return;
    end if;
    select s.* into later
    from market_data.hot_orderbook_snapshots as s
    where
        s.market_ticker = wanted_ticker and s.received_at = wanted_at and s.clock = wanted_clock
        and s.levels_sha256 = wanted_sha256
    limit 1;
    if not found then
        select s.* into later
        from market_data.snapshots_of(wanted_ticker, wanted_at, wanted_at + interval '1 us') as s
        where s.clock = wanted_clock and s.levels_sha256 = wanted_sha256
        limit 1;
    end if;
    select s.* into earlier
    from market_data.hot_orderbook_snapshots as s
    where
        s.market_ticker = wanted_ticker
        and s.received_at >= wanted_at - interval '2 days'
        and (s.received_at, s.clock) < (wanted_at, wanted_clock)
        and (s.clock > 0 or s.occurrence = 0)
        and (s.clock <= wanted_clock or s.received_at < wanted_at - interval '1 min')
    order by s.received_at desc, s.clock desc
    limit 1;
    -- Of a day that is packed in part, what comes first is packed.
    if not found or earlier.received_at < date_bin('24 h', wanted_at, '2000-01-01 00:00:00+00') then
        select s.* into packed_one
        from market_data.snapshots_of(
            wanted_ticker, greatest(wanted_at - interval '2 days', earlier.received_at), wanted_at + interval '1 us'
        ) as s
        where
            (s.received_at, s.clock) < (wanted_at, wanted_clock)
            and (s.clock > 0 or s.occurrence = 0)
            and (s.clock <= wanted_clock or s.received_at < wanted_at - interval '1 min')
        order by s.received_at desc, s.clock desc
        limit 1;
        if found then
            earlier := packed_one;
        end if;
    end if;
    -- A clock of 0 means that the market never changed.
    if
        earlier.clock is null or later.clock is null or earlier.clock > wanted_clock
        or (earlier.clock = 0 and cardinality(earlier.yes_prices || earlier.no_prices) > 0)
    then
        return;
    end if;

    return query
    with
    change as (
        select each.side, each.price, each.size as rebuilt, 0 as published, 0 as deltas, 0 as unordered
        from ops.book_levels(earlier.yes_prices, earlier.yes_sizes, earlier.no_prices, earlier.no_sizes) as each
        union all
        select each.side, each.price, 0 as rebuilt, each.size as published, 0 as deltas, 0 as unordered
        from ops.book_levels(later.yes_prices, later.yes_sizes, later.no_prices, later.no_sizes) as each
        union all
        select
            d.side, d.price, coalesce(sum(d.size_delta) filter (where d.clock > 0), 0) as rebuilt, 0 as published,
            count(*) filter (where d.clock > 0) as deltas, count(*) filter (where d.clock = 0) as unordered
        from market_data.deltas(
            wanted_ticker, earlier.received_at - margin, later.received_at + margin + interval '1 us'
        ) as d
        where d.clock = 0 or (d.clock > earlier.clock and d.clock <= later.clock)
        group by d.side, d.price
    ),

    level as (
        select c.side, c.price, sum(c.rebuilt) as rebuilt, sum(c.published) as published, sum(c.deltas) as deltas,
            sum(c.unordered) as unordered
        from change as c
        group by c.side, c.price
    ),

    ranked as (
        select
            l.*, l.rebuilt <> l.published as is_wrong,
            row_number() over (partition by l.rebuilt <> l.published order by l.side, l.price) as place
        from level as l
    )

    select
        earlier.received_at, earlier.clock, coalesce(sum(r.deltas), 0)::bigint, count(*)::integer,
        (count(*) filter (where r.is_wrong))::integer,
        jsonb_agg(
            jsonb_build_object('side', r.side, 'price', r.price, 'rebuilt', r.rebuilt, 'published', r.published)
            order by r.side, r.price
        ) filter (where r.is_wrong and r.place <= 50)
    from ranked as r
    having coalesce(sum(r.unordered), 0) = 0;
end;
$$;

comment on function ops.compare_book is
'One snapshot of an order book, compared with an earlier one plus the changes between.';
