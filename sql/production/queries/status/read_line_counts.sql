-- Read how many intervals wait for production's changes to be counted, and for how many of the last day the numbers
-- differ for good.
-- Reads: ops.line_counts
-- Returns: how many wait, how many differ, and a market of those that differ
select
    count(*) filter (where l.counts_agree is null) as waiting_counts,
    count(*) filter (
        where l.is_finding and not l.counts_agree and l.until_at > now() - interval '1 day'
    ) as disputed_counts,
    max(l.market_ticker) filter (
        where l.is_finding and not l.counts_agree and l.until_at > now() - interval '1 day'
    ) as disputed_ticker
from ops.line_counts as l;
