-- Find the times for which single connections prove a market's order book. What a connection proves counts no longer if
-- production holds another number of changes of it than the connection received.
-- Parameters: wanted_ticker; wanted, the time asked about, bounded
-- Reads: ops.line_checks, ops.line_counts
-- Returns: one row: the times that are proven, and those for which production holds fewer changes than a connection
-- received, neither cut to the time wanted
create or replace function ops.line_proofs(wanted_ticker text, wanted tstzrange)
returns table (proven tstzmultirange, lost tstzmultirange)
language sql
stable
as $$
    select coalesce(line.proven, '{}') - coalesce(finding.disputed, '{}') as proven, coalesce(finding.lost, '{}') as lost
    from (
        select range_agg(tstzrange(k.from_at, k.until_at)) as proven
        from ops.line_checks as k
        where
            k.market_ticker = wanted_ticker and k.is_equal and k.until_at > lower(wanted)
            -- A row begins all its comparisons on one day, and none of them takes longer than two.
            and k.from_at > lower(wanted) - interval '3 days' and k.from_at < upper(wanted)
    ) as line
    cross join (
        select
            range_agg(ops.counted_time(c)) as disputed,
            range_agg(ops.counted_time(c)) filter (where c.inner_count > c.held_count_max) as lost
        from ops.line_counts as c
        where
            c.market_ticker = wanted_ticker and c.is_finding and not c.counts_agree and c.until_at > lower(wanted)
            and c.from_at > lower(wanted) - interval '3 days' and c.from_at < upper(wanted) + interval '1 h'
    ) as finding;
$$;

comment on function ops.line_proofs is 'The times for which single connections prove a market''s order book.';
