-- Sum up what proves the minutes of order books in a time, and what the counts of changes found.
-- Parameters: market text, null for all markets; from_at, until_at timestamptz
-- Reads: ops.market_minutes, ops.line_checks, ops.line_counts
-- Returns: one row: minutes proven by connections, by production's own check, by each of the two, and in all;
-- comparisons of books on connections, those of them that differ, those for which changes were counted and agree, and
-- those for which they do not
with
asked as (
    select
        %(market)s::text as market_ticker,
        %(from_at)s::timestamptz as from_at,
        %(until_at)s::timestamptz as until_at,
        tstzmultirange(tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)) as during
)

select
    minutes.*,
    line.*,
    disputed.*
from asked as a
cross join
    lateral (
        select
            coalesce(sum(ops.minute_count(m.proven_by_line * a.during)), 0)::bigint as by_line,
            coalesce(sum(ops.minute_count(m.proven_by_check * a.during)), 0)::bigint as by_check,
            coalesce(sum(ops.minute_count(m.proven_by_line * m.proven_by_check * a.during)), 0)::bigint as by_both,
            coalesce(sum(ops.minute_count(m.proven * a.during)), 0)::bigint as proven
        from ops.market_minutes as m
        where
            m.stream = 'orderbook_deltas'
            and m.day between (a.from_at at time zone 'UTC')::date and (a.until_at at time zone 'UTC')::date
            and (a.market_ticker is null or m.market_ticker = a.market_ticker)
    ) as minutes
cross join
    lateral (
        select
            coalesce(sum(k.check_count), 0)::bigint as line_checks,
            count(*) filter (where not k.is_equal) as line_differences,
            coalesce(sum(k.counted_checks), 0)::bigint as counts_agreed
        from ops.line_checks as k
        where
            k.from_at > a.from_at - interval '3 days' and k.from_at < a.until_at and k.until_at > a.from_at
            and (a.market_ticker is null or k.market_ticker = a.market_ticker)
    ) as line
cross join lateral (
    select count(*) filter (where c.is_finding) as counts_disputed
    from ops.line_counts as c
    where
        c.from_at > a.from_at - interval '3 days' and c.from_at < a.until_at and c.until_at > a.from_at
        and not c.counts_agree and (a.market_ticker is null or c.market_ticker = a.market_ticker)
) as disputed;
