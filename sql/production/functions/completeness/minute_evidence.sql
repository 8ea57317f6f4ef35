-- Collect what decides the states of minutes of a stream's markets.
-- Parameters: wanted_stream; per market its ticker, empty for a stream of all markets, and from_times and until_times,
-- whole minutes
-- Reads: ops.expected, ops.book_checks and what ops.coverage_by_gatherer, ops.gaps_backfilled, ops.line_proofs and
-- ops.unchanged_since_opening read
-- Returns: per market the time asked about; `expected_times`, when its rows were expected; `expected`, the minutes of
-- it; what a gatherer missed; what was backfilled by REST; times whose order book is proven by a connection
-- (`proven_by_line`) or by production's own check (`proven_by_check`), or is `wrong`; and `uncovered`, what no gatherer
-- covered although expected, unless a connection proved it, or books with one clock or with the clock 0 show that
-- nothing happened
create or replace function ops.minute_evidence(
    wanted_stream text, tickers text[], from_times timestamptz[], until_times timestamptz[]
) returns table (
    is_by_market boolean,
    market_ticker text,
    during tstzrange,
    expected_times tstzmultirange,
    expected tstzmultirange,
    missed tstzmultirange,
    backfilled tstzmultirange,
    proven_by_line tstzmultirange,
    proven_by_check tstzmultirange,
    wrong tstzmultirange,
    uncovered tstzmultirange
)
language sql
stable
as $$
    with
    asked as (
        select
            c.channel, c.is_by_market, t.ticker, tstzrange(t.from_at, t.until_at) as during,
            tstzmultirange(coalesce(e.during * tstzrange(t.from_at, t.until_at), 'empty')) as expected_times,
            case
                when c.is_by_market and t.from_at < e.began_at + interval '1 min'
                    then ops.unchanged_since_opening(t.ticker, e.opened_at, e.began_at)
                else '{}'
            end as untouched
        from ops.classified_streams() as c
        cross join unnest(tickers, from_times, until_times) as t (ticker, from_at, until_at)
        left join ops.expected as e on c.channel = e.channel and t.ticker = e.market_ticker
        where c.stream = wanted_stream
    )

    select
        a.is_by_market, a.ticker as market_ticker, a.during, a.expected_times,
        ops.whole_minutes(a.expected_times) as expected,
        coverage.missed, backfill.backfilled,
        line.proven as proven_by_line, book.proven + a.untouched as proven_by_check, book.wrong + line.lost as wrong,
        a.expected_times - coverage.covered - book.unchanged - line.proven - a.untouched as uncovered
    from asked as a
    cross join lateral (
        select coalesce(range_agg(g.covered), '{}') as covered, coalesce(range_agg(g.missed), '{}') as missed
        from ops.coverage_by_gatherer(a.channel, a.ticker, a.during) as g
    ) as coverage
    cross join lateral (
        select coalesce(range_agg(f.during), '{}') as backfilled
        from ops.gaps_backfilled(a.channel, a.during) as f
        where not a.is_by_market
    ) as backfill
    cross join lateral (
        select
            coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where b.is_proven), '{}') as proven,
            coalesce(range_agg(tstzrange(b.from_at, b.until_at)) filter (where not b.is_proven), '{}') as wrong,
            coalesce(
                range_agg(tstzrange(b.from_at, b.until_at))
                filter (where b.is_proven and b.from_clock = b.until_clock), '{}'
            ) as unchanged
        from ops.book_checks as b
        where
            a.is_by_market and b.market_ticker = a.ticker
            -- An interval is at most two days long.
            and b.until_at > lower(a.during) and b.until_at < upper(a.during) + interval '2 days'
            and b.from_at < upper(a.during)
    ) as book
    cross join lateral (
        select coalesce(range_agg(p.proven), '{}') as proven, coalesce(range_agg(p.lost), '{}') as lost
        from ops.line_proofs(a.ticker, a.during) as p
        where a.is_by_market
    ) as line;
$$;

comment on function ops.minute_evidence is 'What decides the states of minutes of a stream''s markets.';
