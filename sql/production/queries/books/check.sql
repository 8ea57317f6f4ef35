-- Check snapshots of order books against those before them.
-- Parameters: snapshots_max integer, how many of each kind are taken
-- Writes: ops.book_checks, ops.late_rows, ops.watermarks, ops.market_minutes_due
-- Returns: how many were checked, how many of them proven, and whether more new ones are waiting
select
    c.checked,
    c.proven,
    c.is_behind
from ops.check_books(%(snapshots_max)s::integer) as c;
