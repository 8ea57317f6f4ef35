-- Count how production's order books compare with snapshots. A book that came out wrong is compared again, since its
-- changes may be on their way; at the third time it is a finding.
-- Reads: ops.book_checks
-- Returns: intervals of the last hour that are proven; of the last day those that are to be compared again, those that
-- are wrong, and a market of the latter
with broken as (
    select
        b.market_ticker,
        b.attempts >= 3 or b.check_again_at is null as is_finding
    from ops.book_checks as b
    where not b.is_proven and b.until_at > now() - interval '1 day'
),

proven as (
    select count(*) as intervals
    from ops.book_checks as c
    where c.is_proven and c.until_at > now() - interval '1 hour'
)

select
    p.intervals as proven,
    count(b.market_ticker) filter (where not b.is_finding) as retried,
    count(b.market_ticker) filter (where b.is_finding) as wrong,
    max(b.market_ticker) filter (where b.is_finding) as wrong_ticker
from proven as p
left join broken as b on true
group by p.intervals;
