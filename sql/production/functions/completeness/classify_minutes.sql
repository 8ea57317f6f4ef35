-- Judge minutes of a stream's markets and write them into the ledger, whatever stood there before. The first of these
-- that is true is a minute's state:
--   gap       some part of it was received by nobody although expected, nobody fetched it, and no two books with one
--             clock show that nothing happened; or a book that spans it came out wrong
--   proven    books that span all of it came out right
--   repaired  a gatherer missed some of it that another received, or that was fetched by REST
--   idle      no row falls into it
--   covered   anything else
-- Parameters: judged, the stream; per market its ticker, empty for a stream of all markets, and the time to judge from
-- and until, in whole minutes
-- Reads: ops.expected, ops.book_checks and what ops.coverage_by_gatherer, ops.gaps_backfilled and ops.active_minutes read
-- Writes: ops.market_minutes
-- Returns: how many rows of the ledger were written
create or replace function ops.classify_minutes(
    judged text, tickers text[], froms timestamptz[], untils timestamptz[]
) returns bigint
language plpgsql
set timezone = 'UTC'
as $$
declare
    listed record;
    written bigint;
begin
    select s.* into strict listed from ops.classified_streams() as s where s.stream = judged;

    with
    asked as (
        select
            t.ticker, tstzrange(t.from_at, t.until_at) as during,
            tstzmultirange(coalesce(e.during * tstzrange(t.from_at, t.until_at), 'empty')) as life
        from unnest(tickers, froms, untils) as t (ticker, from_at, until_at)
        left join ops.expected as e on e.channel = listed.channel and e.market_ticker = t.ticker
    ),

    -- Materialized, so that what is used more than once below is computed once.
    evidence as materialized (
        select
            a.ticker, a.during, a.life, ops.whole_minutes(a.life) as expected,
            line.covered, line.missed, rest.fetched, book.proven, book.broken,
            a.life - line.covered - book.unchanged as hole
        from asked as a
        cross join lateral (
            select coalesce(range_agg(l.covered), '{}') as covered, coalesce(range_agg(l.missed), '{}') as missed
            from ops.coverage_by_gatherer(listed.channel, a.ticker, a.during) as l
        ) as line
        cross join lateral (
            select coalesce(range_agg(f.during), '{}') as fetched
            from ops.gaps_backfilled(listed.channel, a.during) as f
            where not listed.is_by_market
        ) as rest
        cross join lateral (
            select
                coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where b.is_proven), '{}') as proven,
                coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where not b.is_proven), '{}') as broken,
                coalesce(
                    range_agg(tstzrange(b.from_at, b.until_at))
                    filter (where b.is_proven and b.from_clock = b.until_clock), '{}'
                ) as unchanged
            from ops.book_checks as b
            where
                listed.is_by_market and b.market_ticker = a.ticker
                -- An interval is at most two days long.
                and b.until_at > lower(a.during) and b.until_at < upper(a.during) + interval '2 days'
                and b.from_at < upper(a.during)
        ) as book
    ),

    lost as materialized (
        select e.*, ops.whole_minutes((e.hole - e.fetched) + (e.broken * e.life)) as gap
        from evidence as e
    ),

    held as materialized (
        select
            l.*,
            case when listed.is_by_market then l.expected - l.gap - ops.whole_minutes(l.life - l.proven) else '{}' end
            as whole,
            ops.whole_minutes((l.missed + (l.hole * l.fetched)) * l.life) - l.gap as mended
        from lost as l
    ),

    quiet as materialized (
        select
            h.*, h.expected - h.gap - h.whole - h.mended as plain,
            ops.active_minutes(judged, h.ticker, h.expected - h.gap - h.whole - h.mended) as active
        from held as h
    )

    insert into ops.market_minutes as k (stream, market_ticker, day, proven, covered, repaired, gap, idle)
    select
        judged as stream, q.ticker as market_ticker, d.day::date as day,
        coalesce(old.proven, '{}') - w.judged_now + (q.whole * w.judged_now) as proven,
        coalesce(old.covered, '{}') - w.judged_now + (q.active * w.judged_now) as covered,
        coalesce(old.repaired, '{}') - w.judged_now + ((q.mended - q.whole) * w.judged_now) as repaired,
        coalesce(old.gap, '{}') - w.judged_now + (q.gap * w.judged_now) as gap,
        coalesce(old.idle, '{}') - w.judged_now + ((q.plain - q.active) * w.judged_now) as idle
    from quiet as q
    cross join generate_series(
        date_trunc('day', lower(q.during), 'UTC'), upper(q.during) - interval '1 us', interval '1 day'
    ) as d (day)
    cross join lateral (
        select tstzmultirange(tstzrange(d.day, d.day + interval '1 day') * q.during) as judged_now
    ) as w
    left join ops.market_minutes as old on old.stream = judged and old.market_ticker = q.ticker and old.day = d.day::date
    where old.day is not null or not isempty(q.expected * w.judged_now)
    on conflict (stream, market_ticker, day) do update
    set
        proven = excluded.proven, covered = excluded.covered, repaired = excluded.repaired, gap = excluded.gap,
        idle = excluded.idle, judged_at = now();
    get diagnostics written = row_count;
    return written;
end;
$$;

comment on function ops.classify_minutes is 'Judge minutes of a stream''s markets and write them into the ledger.';
