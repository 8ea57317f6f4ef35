-- Record gaps in the exchange's sequence numbers; safe to repeat. If the clock was set back between the two frames, a
-- gap ends when it began.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.gaps
-- Returns: nothing
insert into capture.gaps (
    frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at, detected_at
)
select
    r.frame_number,
    r.connection_id,
    r.sid,
    r.channel,
    r.seq_expected,
    r.seq_received,
    r.began_at,
    greatest(r.detected_at, r.began_at) as detected_at
from
    jsonb_to_recordset(%(rows)s::jsonb) as r (
        frame_number bigint, connection_id bigint, sid integer, channel text, seq_expected bigint,
        seq_received bigint, began_at timestamptz, detected_at timestamptz
    )
on conflict do nothing;
