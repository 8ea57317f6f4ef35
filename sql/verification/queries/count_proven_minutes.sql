-- Count the minutes, and parts of them, in which a covered book changed, and those of them that are proven in a run.
-- Parameters: audit_seconds integer, how often each book was compared; for the last round it was too early
-- Reads: market_data.orderbook_deltas and orderbook_snapshots, ops.subscriptions, ops.line_checks
-- Returns: kind and minutes: active (with changes), and of these proven, by_line (connections of gatherers), by_check
-- (production's own check) and by_both (each of the two); due and due_proven, those before the last round
with
round as (
    select max(k.until_at) - interval '1 s' * %(audit_seconds)s::integer as began_at from ops.line_checks as k
),

active as (
    select d.market_ticker, range_agg(tstzrange(d.minute, d.minute + interval '1 min')) as minutes
    from (
        select distinct market_ticker, date_bin('1 min', exchange_ts, timestamptz 'epoch') as minute
        from market_data.orderbook_deltas
    ) as d
    group by d.market_ticker
),

checked as (
    select s.market_ticker, range_agg(tstzrange(c.from_at, s.received_at)) as proven
    from market_data.orderbook_snapshots as s
    cross join
        lateral ops.compare_book(
            s.market_ticker, s.received_at, s.clock, s.levels_sha256, interval '5 min'
        ) as c
    where c.wrong_level_count = 0
    group by s.market_ticker
),

book as (
    select
        a.minutes * covered.during as covered, line.proven as by_line, coalesce(c.proven, '{}') as by_check,
        tstzmultirange(tstzrange(null, r.began_at)) as due
    from active as a
    cross join
        lateral (
            select coalesce(range_agg(s.during), '{}') as during
            from ops.coverage_spans('orderbook_delta', a.market_ticker, range_merge(a.minutes)) as s
        ) as covered
    cross join lateral ops.line_proofs(a.market_ticker, range_merge(a.minutes)) as line
    left join checked as c on a.market_ticker = c.market_ticker
    cross join round as r
)

select k.kind, sum(extract(epoch from upper(p.part) - lower(p.part)) / 60)::float8 as minutes
from book as b
cross join
    lateral (
        values
        ('active', b.covered),
        ('proven', b.covered * (b.by_line + b.by_check)),
        ('by_line', b.covered * b.by_line),
        ('by_check', b.covered * b.by_check),
        ('by_both', b.covered * b.by_line * b.by_check),
        ('due', b.covered * b.due),
        ('due_proven', b.covered * b.due * (b.by_line + b.by_check))
    ) as k (kind, minutes)
cross join unnest(k.minutes) as p (part)
group by k.kind;
