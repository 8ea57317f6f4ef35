-- Judge minutes that have settled, and those anew that something late touched.
-- Parameters: minutes_max integer, how far it moves; markets_max integer, how many markets are judged anew
-- Writes: ops.market_minutes, ops.market_minutes_due, ops.expected, ops.watermarks
-- Returns: until when all is judged, rows of the ledger written for new minutes, and again
select
    a.judged_until,
    a.rows_new,
    a.rows_again
from ops.advance_minutes(%(minutes_max)s::integer, %(markets_max)s::integer) as a;
