-- Check new snapshots of order books. Check those again that failed or that late rows affect. A snapshot is right if
-- the one before it plus the changes between the two clocks equals it. Both need a clock. If the clock went down, as it
-- may across the exchange's maintenance, nothing can be proven and no row is written; nor is it if production holds a
-- change in between that has no clock.
-- A book that came out wrong is checked again after 1, 4, 16, ... minutes, since its changes may be on their way, and
-- then with changes from a wider span of time, since a gatherer's clock may be off.
-- Parameters: snapshots_max, how many of each kind one call takes
-- Reads: market_data.hot_orderbook_snapshots (rows are packed after they were checked), and what ops.due_books and
-- ops.compare_book read
-- Writes: ops.book_checks, ops.late_rows, ops.watermarks, ops.market_minutes_due
-- Returns: how many intervals were checked, how many of them were proven, and whether more new snapshots are waiting
create or replace function ops.check_books(snapshots_max integer default 1000)
returns table (checked bigint, proven bigint, is_behind boolean)
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    began timestamptz;
    ended timestamptz := ops.settled_until();
    last_one timestamptz;
    found_rows bigint;
begin
    select w.moment into began from ops.watermarks as w where w.name = 'book_checks' for update;
    began := coalesce(began, '-infinity');
    select count(*), max(s.received_at) into found_rows, last_one
    from (
        select each.received_at
        from market_data.hot_orderbook_snapshots as each
        where each.received_at >= began and each.received_at < ended
        order by each.received_at
        fetch first snapshots_max rows with ties
    ) as s;
    ended := greatest(began, case when found_rows < snapshots_max then ended else last_one + interval '1 us' end);

    return query
    with
    late as (
        delete from ops.late_rows as r
        where r.ctid = any(array(
            select each.ctid from ops.late_rows as each where each.stream = 'orderbook_snapshots' limit snapshots_max
        ))
        returning r.market_ticker, r.during
    ),

    due as (
        select d.*
        from (select array_agg(r.market_ticker) as tickers, array_agg(r.during) as times from late as r) as l
        cross join lateral ops.due_books(began, ended, l.tickers, l.times, snapshots_max) as d
    ),

    compared as materialized (
        select
            d.*, c.*, k.until_at is not null and c.from_at is null as is_unknown, coalesce(k.attempts, 0) as attempts_before
        from due as d
        left join ops.book_checks as k
            on
                d.market_ticker = k.market_ticker and d.received_at = k.until_at and d.clock = k.until_clock
                and d.levels_sha256 = k.until_sha256
        left join lateral ops.compare_book(
            d.market_ticker, d.received_at, d.clock, d.levels_sha256,
            case when k.attempts > 0 then interval '2 h' else interval '5 min' end
        ) as c on true
    ),

    written as (
        insert into ops.book_checks as b (
            market_ticker, until_at, until_clock, until_sha256, from_at, from_clock, is_proven, delta_count,
            level_count, wrong_level_count, difference, attempts, checked_at, check_again_at
        )
        select
            c.market_ticker, c.received_at, c.clock, c.levels_sha256, c.from_at, c.from_clock,
            c.wrong_level_count = 0, c.delta_count, c.level_count, c.wrong_level_count, c.difference,
            least(c.attempts_before + 1, 1000), now(),
            case when c.wrong_level_count > 0 and c.attempts_before < 6
                then now() + interval '1 min' * 4 ^ c.attempts_before end
        from compared as c
        where c.from_at is not null
        on conflict (market_ticker, until_at, until_clock, until_sha256) do update
        set
            from_at = excluded.from_at, from_clock = excluded.from_clock, is_proven = excluded.is_proven,
            delta_count = excluded.delta_count, level_count = excluded.level_count,
            wrong_level_count = excluded.wrong_level_count, difference = excluded.difference,
            attempts = excluded.attempts, checked_at = excluded.checked_at, check_again_at = excluded.check_again_at
        returning b.market_ticker, b.from_at, b.until_at, b.is_proven
    ),

    -- If changes without a clock came late, the interval can be compared no longer, and shows nothing either way. If its
    -- snapshots were dropped, the result stays.
    withdrawn as (
        delete from ops.book_checks as b using compared as c
        where
            c.is_unknown and b.market_ticker = c.market_ticker and b.until_at = c.received_at
            and b.until_clock = c.clock and b.until_sha256 = c.levels_sha256
            and exists (
                select from market_data.snapshots_of(
                    c.market_ticker, c.received_at, c.received_at + interval '1 us'
                )
            )
        returning b.market_ticker, b.from_at, b.until_at
    ),

    final as (
        update ops.book_checks as b set check_again_at = null
        from compared as c
        where
            c.is_unknown and b.market_ticker = c.market_ticker and b.until_at = c.received_at
            and b.until_clock = c.clock and b.until_sha256 = c.levels_sha256
            and not exists (
                select from market_data.snapshots_of(
                    c.market_ticker, c.received_at, c.received_at + interval '1 us'
                )
            )
    ),

    touched as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, w.market_ticker, tstzrange(w.from_at, w.until_at) as during
        from (
            select each.market_ticker, each.from_at, each.until_at from written as each
            union all
            select each.market_ticker, each.from_at, each.until_at from withdrawn as each
        ) as w
    )

    select
        count(*) as checked, count(*) filter (where w.is_proven) as proven, found_rows >= snapshots_max as is_behind
    from written as w;

    insert into ops.watermarks (name, moment) values ('book_checks', ended)
    on conflict (name) do update set moment = excluded.moment;
end;
$$;

comment on function ops.check_books is
'Check snapshots of order books against those before them and the changes between.';
