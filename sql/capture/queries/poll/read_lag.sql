-- Ask how far this deduplicator is behind in a stream, and why.
-- Parameters: stream text, after xid8
-- Reads: what sync.lag reads
-- Returns: rows waiting, since when, how many of them are held back, and by what
select
    rows_waiting,
    waiting_since,
    rows_held,
    cause
from sync.lag(%(stream)s::text, %(after)s::xid8);
