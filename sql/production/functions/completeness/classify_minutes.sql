-- Classify minutes of a stream's markets, and write their states over what ops.classified_minutes held. The state of a
-- minute is the first of these that is true:
--   gap       some part of it was expected, and no gatherer received or fetched it, unless books with one clock, or
--             with the clock 0, show that nothing happened or a connection proved it; or production rebuilt a book that
--             spans it wrongly, or holds fewer changes than a connection received
--   proven    books that span all of it came out right, as a gatherer kept them on a connection or as production
--             rebuilt them
--   repaired  a gatherer missed some of it that another one received, or that was fetched by REST
--   idle      no row falls into it
--   covered   none of the above
-- Parameters: wanted_stream; per market its ticker, empty for a stream of all markets, and from_times and until_times,
-- whole minutes
-- Reads: what ops.minute_evidence and ops.active_minutes read
-- Writes: ops.classified_minutes
-- Returns: how many rows of ops.classified_minutes were written
create or replace function ops.classify_minutes(
    wanted_stream text, tickers text[], from_times timestamptz[], until_times timestamptz[]
) returns bigint
language plpgsql
set timezone = 'UTC'
as $$
declare
    written bigint;
begin
    with
    -- Each step is materialized, so that values used more than once are computed once.
    lost as materialized (
        select e.*, ops.whole_minutes((e.uncovered - e.backfilled) + (e.wrong * e.expected_times)) as gap
        from ops.minute_evidence(wanted_stream, tickers, from_times, until_times) as e
    ),

    held as materialized (
        select
            l.*,
            w.by_line, w.by_check, w.whole,
            ops.whole_minutes((l.missed + (l.uncovered * l.backfilled)) * l.expected_times) - l.gap as mended
        from lost as l
        cross join lateral (
            select
                w.wanted - ops.whole_minutes(l.expected_times - l.proven_by_line) as by_line,
                w.wanted - ops.whole_minutes(l.expected_times - l.proven_by_check) as by_check,
                w.wanted - ops.whole_minutes(l.expected_times - l.proven_by_line - l.proven_by_check) as whole
            from (select case when l.is_by_market then l.expected - l.gap else '{}' end as wanted) as w
        ) as w
    ),

    quiet as materialized (
        select
            h.*, h.expected - h.gap - h.whole - h.mended as plain,
            ops.active_minutes(wanted_stream, h.market_ticker, h.expected - h.gap - h.whole - h.mended) as active
        from held as h
    )

    insert into ops.classified_minutes as k (
        stream, market_ticker, day, proven, proven_by_line, proven_by_check, covered, repaired, gap, idle
    )
    select
        wanted_stream as stream, q.market_ticker, d.day::date as day,
        coalesce(old.proven, '{}') - w.asked + (q.whole * w.asked) as proven,
        coalesce(old.proven_by_line, '{}') - w.asked + (q.by_line * w.asked) as proven_by_line,
        coalesce(old.proven_by_check, '{}') - w.asked + (q.by_check * w.asked) as proven_by_check,
        coalesce(old.covered, '{}') - w.asked + (q.active * w.asked) as covered,
        coalesce(old.repaired, '{}') - w.asked + ((q.mended - q.whole) * w.asked) as repaired,
        coalesce(old.gap, '{}') - w.asked + (q.gap * w.asked) as gap,
        coalesce(old.idle, '{}') - w.asked + ((q.plain - q.active) * w.asked) as idle
    from quiet as q
    cross join generate_series(
        date_trunc('day', lower(q.during), 'UTC'), upper(q.during) - interval '1 us', interval '1 day'
    ) as d (day)
    cross join lateral (
        select tstzmultirange(tstzrange(d.day, d.day + interval '1 day') * q.during) as asked
    ) as w
    left join ops.classified_minutes as old
        on old.stream = wanted_stream and q.market_ticker = old.market_ticker and old.day = d.day::date
    where old.day is not null or not isempty(q.expected * w.asked)
    on conflict (stream, market_ticker, day) do update
    set
        proven = excluded.proven, proven_by_line = excluded.proven_by_line, proven_by_check = excluded.proven_by_check,
        covered = excluded.covered, repaired = excluded.repaired, gap = excluded.gap, idle = excluded.idle,
        classified_at = now();
    get diagnostics written = row_count;
    return written;
end;
$$;

comment on function ops.classify_minutes is 'Classify minutes of a stream''s markets into ops.classified_minutes.';
