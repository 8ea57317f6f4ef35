-- Show what stands behind the ledger's judgement of some minutes.
-- Parameters: wanted_stream; wanted_ticker, empty for a stream of all markets; wanted, the time asked about
-- Reads: what ops.classify_minutes reads
-- Returns: rows of kind expected, coverage, gap, fetched or book check, in the order of their beginning: whose
-- statement it is where it is a gatherer's, when it holds, and what it says
create or replace function ops.evidence(wanted_stream text, wanted_ticker text, wanted tstzrange)
returns table (kind text, gatherer_id smallint, during tstzrange, detail jsonb)
language plpgsql
stable
as $$
declare
    listed record;
begin
    select s.* into strict listed from ops.classified_streams() as s where s.stream = wanted_stream;
    return query
    select 'expected', null::smallint, e.during, jsonb_build_object(
        'opened_at', e.opened_at, 'dropped_at', e.dropped_at, 'closed_at', e.closed_at,
        'determined_at', e.determined_at
    )
    from ops.expected as e
    where e.channel = listed.channel and e.market_ticker = wanted_ticker and e.during && wanted
    union all
    select 'coverage', s.gatherer_id, s.during, jsonb_build_object(
        'connection_id', s.connection_id, 'sid', s.sid, 'is_open', s.ended_at is null, 'end_reason', s.end_reason
    )
    from ops.coverage_spans(listed.channel, wanted_ticker, wanted) as s
    where s.during && wanted
    union all
    select 'gap', g.gatherer_id, tstzrange(g.began_at, g.detected_at, '[]'), jsonb_build_object(
        'seq_expected', g.seq_expected, 'seq_received', g.seq_received, 'repair', g.repair, 'repaired_at', g.ended_at
    )
    from ops.gaps as g
    where g.channel = listed.channel and tstzrange(g.began_at, g.detected_at, '[]') && wanted
    union all
    select 'book check', null::smallint, tstzrange(b.from_at, b.until_at), jsonb_build_object(
        'is_proven', b.is_proven, 'from_clock', b.from_clock, 'until_clock', b.until_clock,
        'delta_count', b.delta_count, 'wrong_level_count', b.wrong_level_count, 'difference', b.difference
    )
    from ops.book_checks as b
    where
        listed.is_by_market and b.market_ticker = wanted_ticker
        and b.until_at > lower(wanted) and b.from_at < upper(wanted)
    order by 3, 1, 2;
end;
$$;

comment on function ops.evidence is 'What stands behind the ledger''s judgement of some minutes.';
