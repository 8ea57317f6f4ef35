-- Rebuild the order books of all markets that were open at the beginning of each hour of a time. An open market has a
-- snapshot each day, so all those of the last day are rebuilt by one query, which plans its partitions only. Each of
-- the others is rebuilt by itself.
-- Parameters: wanted_from, wanted_until
-- Reads: ops.expected, and what market_data.last_snapshot_during and market_data.book_state read
-- Returns: the books in the columns of market_data.books; a market of which no snapshot was received yet has none
create or replace function ops.books_during(wanted_from timestamptz, wanted_until timestamptz) returns table (
    at timestamptz,
    market_ticker text,
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
    wanted_at timestamptz := date_bin('1 h', wanted_from + interval '1 h' - interval '1 us', 'epoch'::timestamptz);
    from_at timestamptz;
    from_day timestamptz;
    first_at timestamptz;
    last_at timestamptz;
begin
    while wanted_at < wanted_until loop
        from_at := wanted_at - interval '1 day';
        from_day := from_at - interval '24 h';
        first_at := from_at - interval '5 min';
        last_at := wanted_at + interval '1 us';
        return query
        with bases as materialized (
            select e.market_ticker, s as base
            from ops.expected as e
            left join lateral
                market_data.last_snapshot_during(e.market_ticker, from_day, from_at, wanted_at) as s on true
            where e.channel = 'orderbook_delta' and e.during @> wanted_at
        )

        select wanted_at, b.market_ticker, r.*
        from bases as b
        cross join lateral market_data.rebuilt_book(b.base, wanted_at, first_at, last_at) as r
        where b.base is distinct from null
        union all
        select wanted_at, b.market_ticker, r.*
        from bases as b
        cross join lateral market_data.book_state(b.market_ticker, wanted_at) as r
        where b.base is not distinct from null;
        wanted_at := wanted_at + interval '1 h';
    end loop;
end;
$$;

comment on function ops.books_during is
'The order books of all markets that were open at the beginning of each hour of a time.';
