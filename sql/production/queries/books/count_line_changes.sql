-- Count production's changes in the intervals that connections proved.
-- Parameters: counts_max integer, how many intervals are counted
-- Writes: ops.line_counts, ops.line_checks, ops.market_minutes_due
-- Returns: how many were counted, and how many of them agree
select
    c.counted,
    c.agreed
from ops.count_line_changes(%(counts_max)s::integer) as c;
