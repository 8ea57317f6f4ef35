-- Show what the states of some minutes are based on.
-- Parameters: wanted_stream; wanted_ticker, empty for a stream of all markets; wanted, the time asked about
-- Reads: what ops.classify_minutes reads
-- Returns: rows of kind expected, coverage, gap, book check (production's own), line check (of a gatherer's connection)
-- or line count (production holds fewer or more changes than a connection received), ordered by when they begin: the
-- gatherer that reported it (null if none did), the time it holds for, and its details
create or replace function ops.evidence(wanted_stream text, wanted_ticker text, wanted tstzrange)
returns table (kind text, gatherer_id smallint, during tstzrange, detail jsonb)
language sql
stable
as $$
    with wanted_channel as (
        select c.channel, c.is_by_market from ops.classified_streams() as c where c.stream = wanted_stream
    )

    select 'expected' as kind, null::smallint as gatherer_id, e.during, jsonb_build_object(
        'opened_at', e.opened_at, 'dropped_at', e.dropped_at, 'closed_at', e.closed_at,
        'determined_at', e.determined_at
    ) as detail
    from wanted_channel as c
    inner join ops.expected as e on c.channel = e.channel
    where e.market_ticker = wanted_ticker and e.during && wanted
    union all
    select 'coverage' as kind, s.gatherer_id, s.during, jsonb_build_object(
        'connection_id', s.connection_id, 'sid', s.sid, 'is_open', s.ended_at is null, 'end_reason', s.end_reason
    ) as detail
    from wanted_channel as c
    cross join lateral ops.coverage_spans(c.channel, wanted_ticker, wanted) as s
    where s.during && wanted
    union all
    select 'gap' as kind, g.gatherer_id, ops.ordered_range(g.began_at, g.detected_at, '[]') as during, jsonb_build_object(
        'seq_expected', g.seq_expected, 'seq_received', g.seq_received, 'repair', g.repair, 'repaired_at', g.ended_at
    ) as detail
    from wanted_channel as c
    inner join ops.gaps as g on c.channel = g.channel
    where ops.ordered_range(g.began_at, g.detected_at, '[]') && wanted
    union all
    select 'book check' as kind, null::smallint as gatherer_id, tstzrange(b.from_at, b.until_at) as during,
        jsonb_build_object(
            'is_proven', b.is_proven, 'from_clock', b.from_clock, 'until_clock', b.until_clock,
            'delta_count', b.delta_count, 'wrong_level_count', b.wrong_level_count, 'difference', b.difference
        ) as detail
    from wanted_channel as c
    inner join ops.book_checks as b on c.is_by_market
    where b.market_ticker = wanted_ticker and b.until_at > lower(wanted) and b.from_at < upper(wanted)
    union all
    select 'line check' as kind, k.gatherer_id, tstzrange(k.from_at, k.until_at) as during, jsonb_build_object(
        'is_equal', k.is_equal, 'connection_id', k.connection_id, 'sid', k.sid, 'from_seq', k.from_seq,
        'until_seq', k.until_seq, 'from_clock', nullif(k.from_clock, 0), 'until_clock', nullif(k.until_clock, 0),
        'check_count', k.check_count, 'change_count', k.change_count, 'counted_checks', k.counted_checks,
        'counted_changes', k.counted_changes, 'wrong_level_count', k.wrong_level_count, 'difference', k.difference
    ) as detail
    from wanted_channel as c
    inner join ops.line_checks as k on c.is_by_market
    where k.market_ticker = wanted_ticker and k.until_at > lower(wanted) and k.from_at < upper(wanted)
    union all
    select 'line count' as kind, l.gatherer_id, ops.counted_time(l) as during, jsonb_build_object(
        'connection_id', l.connection_id, 'sid', l.sid, 'from_change_at', l.from_change_at,
        'until_change_at', l.until_change_at, 'received', l.inner_count, 'held', l.held_count,
        'held_max', l.held_count_max, 'attempts', l.attempts, 'is_finding', l.is_finding
    ) as detail
    from wanted_channel as c
    inner join ops.line_counts as l on c.is_by_market
    where
        l.market_ticker = wanted_ticker and not l.counts_agree and l.until_at > lower(wanted)
        and l.from_at < upper(wanted) + interval '1 h' and ops.counted_time(l) && wanted
    order by during, kind, gatherer_id;
$$;

comment on function ops.evidence is 'What the states of some minutes are based on.';
