-- Read a gatherer's last heartbeat.
-- Reads: sync.instance_v1, sync.heartbeat_v1
-- Returns: epoch, beat_at, its age in seconds by this database's clock, status; before the first heartbeat all but the
-- epoch are null
select
    i.epoch,
    h.beat_at,
    extract(epoch from now() - h.beat_at)::double precision as age_seconds,
    h.status
from sync.instance_v1 as i
left join sync.heartbeat_v1 as h on true;
