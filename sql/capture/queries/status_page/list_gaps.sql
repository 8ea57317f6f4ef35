-- List what this gatherer missed on a connection, the newest first.
-- Parameters: rows_max integer
-- Reads: capture.gaps, capture.connections
-- Returns: the connection's name, channel, when the gap began and was detected, the expected and the received sequence
-- number, when and how it was repaired (null if it was not)
select
    coalesce(c.name, '') as name,
    g.channel,
    g.began_at,
    g.detected_at,
    g.seq_expected,
    g.seq_received,
    g.ended_at,
    g.repair
from capture.gaps as g
left join capture.connections as c on g.connection_id = c.connection_id
order by g.detected_at desc, g.frame_number desc
limit %(rows_max)s::integer;
