-- Read for the archive what went wrong.
-- Parameters: begin_at, end_at timestamptz
-- Reads: what ops.incidents_during reads
-- Returns: columns in the order of the archive's schema
select
    t.market_ticker,
    t.stream,
    t.from_at,
    t.to_at,
    t.kind,
    t.gatherer_id,
    t.reason,
    t.repair,
    t.repaired_by,
    t.repaired_at
from ops.incidents_during(%(begin_at)s::timestamptz, %(end_at)s::timestamptz) as t;
