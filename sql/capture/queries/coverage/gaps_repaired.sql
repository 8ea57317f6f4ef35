-- Record that gaps are repaired; a gap that is repaired already is left as it is.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.gaps
-- Returns: nothing
update capture.gaps as g
set
    ingest_xid = pg_current_xact_id(),
    ended_at = greatest(r.ended_at, g.detected_at),
    repair = r.repair
from jsonb_to_recordset(%(rows)s::jsonb) as r (frame_number bigint, ended_at timestamptz, repair text)
where g.frame_number = r.frame_number and g.ended_at is null;
