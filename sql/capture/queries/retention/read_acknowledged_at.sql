-- Read when the deduplicator last acknowledged anything.
-- Reads: capture.acknowledgements
-- Returns: the time, null if it never did
select max(a.acknowledged_at) as acknowledged_at
from capture.acknowledgements as a;
