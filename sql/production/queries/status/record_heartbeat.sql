-- Record a gatherer's last heartbeat.
-- Parameters: gatherer_id smallint, epoch uuid, beat_at timestamptz, status jsonb
-- Writes: ops.heartbeats
-- Returns: nothing
insert into ops.heartbeats (gatherer_id, epoch, beat_at, read_at, status)
values (%(gatherer_id)s, %(epoch)s, %(beat_at)s, now(), %(status)s)
on conflict (gatherer_id) do update
    set
        epoch = excluded.epoch,
        beat_at = excluded.beat_at,
        read_at = excluded.read_at,
        status = excluded.status;
