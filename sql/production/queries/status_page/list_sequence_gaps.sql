-- List what single gatherers missed on a connection, the newest first.
-- Parameters: from_at, until_at timestamptz; rows_max integer
-- Reads: ops.gaps
-- Returns: gatherer_id, channel, when the gap began and was detected, the expected and the received sequence number,
-- when and how it was repaired (null if it was not)
select
    g.gatherer_id,
    g.channel,
    g.began_at,
    g.detected_at,
    g.seq_expected,
    g.seq_received,
    g.ended_at,
    g.repair
from ops.gaps as g
where
    g.began_at >= %(from_at)s::timestamptz - interval '1 day'
    and g.began_at < %(until_at)s::timestamptz
    and g.detected_at >= %(from_at)s::timestamptz
order by g.began_at desc, g.gatherer_id asc, g.frame_number desc
limit %(rows_max)s::integer;
