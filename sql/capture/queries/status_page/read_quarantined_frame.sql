-- Read a frame in quarantine.
-- Parameters: quarantine_id bigint; bytes_max integer, how much of the frame
-- Reads: capture.quarantine
-- Returns: connection_id, the frame's number in the frame log, when it was received, the reason, the frame, the length
-- and the digest of the whole frame; no row if it was deleted
select
    q.connection_id,
    q.frame_number,
    q.received_at,
    q.reason,
    substring(q.frame for %(bytes_max)s::integer) as frame,
    q.frame_bytes,
    encode(q.frame_sha256, 'hex') as frame_sha256
from capture.quarantine as q
where q.quarantine_id = %(quarantine_id)s::bigint;
