-- List what went wrong in a time, cut to it: what gatherers missed, and what is wrong with order books.
-- It runs with its owner's rights, so that readers of a view that calls it need no right to the tables.
-- Parameters: wanted_from, wanted_until, at most some days
-- Reads: ops.line_counts, and what ops.missed_during and ops.book_checks_during read
-- Returns: the rows in the columns of market_data.incidents
create or replace function ops.incidents_during(wanted_from timestamptz, wanted_until timestamptz) returns table (
    market_ticker text,
    stream text,
    from_at timestamptz,
    to_at timestamptz,
    kind text,
    gatherer_id smallint,
    reason text,
    repair text,
    repaired_by text,
    repaired_at timestamptz
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        m.market_ticker, m.stream, lower(m.during) as from_at, upper(m.during) as to_at, 'missed' as kind,
        m.gatherer_id, m.reason, m.repair, m.repaired_by, m.repaired_at
    from ops.missed_during(wanted_from, wanted_until) as m
    union all
    select
        b.market_ticker, 'orderbook_deltas' as stream, b.from_at, b.to_at, 'wrong book' as kind, b.gatherer_id,
        format('the changes do not explain %s levels of the next snapshot', b.wrong_levels) as reason,
        'none' as repair, null as repaired_by, null as repaired_at
    from ops.book_checks_during(wanted_from, wanted_until) as b
    where b.kind = 'clock' and not b.is_proven
    union all
    select
        c.market_ticker, 'orderbook_deltas' as stream, greatest(lower(t.during), wanted_from) as from_at,
        least(upper(t.during), wanted_until) as to_at, 'wrong count' as kind, c.gatherer_id,
        format(
            'its connection received %s changes, and production holds %s',
            c.inner_count, case when c.inner_count > c.held_count_max then c.held_count_max else c.held_count end
        ) as reason,
        'none' as repair, null as repaired_by, null as repaired_at
    from ops.line_counts as c
    cross join lateral (select ops.counted_time(c) as during) as t
    where
        c.is_finding and not c.counts_agree and t.during && tstzrange(wanted_from, wanted_until)
        and c.from_at > wanted_from - interval '3 days' and c.from_at < wanted_until + interval '1 h';
$$;

comment on function ops.incidents_during is 'What went wrong in a time, cut to it.';

revoke execute on function ops.incidents_during from public;
