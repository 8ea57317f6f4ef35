-- Read how far this deduplicator is behind in a stream, and why.
-- Parameters: stream text, after xid8
-- Reads: what sync.lag reads
-- Returns: rows waiting, when the oldest of them was received, how many are held back, and by which transaction
select
    rows_waiting,
    waiting_since,
    rows_held,
    cause
from sync.lag(%(stream)s::text, %(after)s::xid8);
