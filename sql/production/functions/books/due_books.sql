-- List the snapshots of order books that are to be checked: new ones, those in the times of late rows, and those whose
-- check is to be repeated.
-- Parameters: from_at and until_at, when new ones were received; late_tickers and late_times, market and time of late
-- rows; repeats_max, how many checks are repeated
-- Reads: market_data.hot_orderbook_snapshots, ops.book_checks, and what market_data.snapshots_of reads
-- Returns: the snapshots, each once
create or replace function ops.due_books(
    from_at timestamptz, until_at timestamptz, late_tickers text[], late_times tstzrange[], repeats_max integer
) returns table (market_ticker text, received_at timestamptz, clock bigint, levels_sha256 bytea)
language sql
stable
as $$
    select s.market_ticker, s.received_at, s.clock, s.levels_sha256
    from market_data.hot_orderbook_snapshots as s
    where s.received_at >= from_at and s.received_at < until_at
    union
    select s.market_ticker, s.received_at, s.clock, s.levels_sha256
    from unnest(late_tickers, late_times) as l (market_ticker, during)
    -- The offset forces one index probe per late row, however many there are.
    cross join lateral (
        select each.market_ticker, each.received_at, each.clock, each.levels_sha256
        from market_data.snapshots_of(l.market_ticker, lower(l.during), upper(l.during) + interval '1 us') as each
        where each.received_at < until_at
        offset 0
    ) as s
    union
    (
        select b.market_ticker, b.until_at, b.until_clock, b.until_sha256
        from ops.book_checks as b
        where b.check_again_at <= now()
        order by b.check_again_at
        limit repeats_max
    );
$$;

comment on function ops.due_books is 'The snapshots of order books that are to be checked.';
