-- List frames in quarantine with their beginnings, the newest first.
-- Parameters: before bigint, only rows with a smaller number; bytes_max integer, how much of a frame; rows_max integer
-- Reads: capture.quarantine
-- Returns: quarantine_id, when it was received, the reason, the beginning of the frame, the length of the whole frame
select
    q.quarantine_id,
    q.received_at,
    q.reason,
    substring(q.frame for %(bytes_max)s::integer) as frame,
    q.frame_bytes
from capture.quarantine as q
where q.quarantine_id < %(before)s::bigint
order by q.quarantine_id desc
limit %(rows_max)s::integer;
