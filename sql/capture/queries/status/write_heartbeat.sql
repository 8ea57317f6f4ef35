-- Write the heartbeat and status of a gatherer, or of one of its shards.
-- Parameters: shard smallint, beat_at timestamptz, status jsonb
-- Writes: capture.heartbeat
-- Returns: nothing
insert into capture.heartbeat (shard, beat_at, status)
values (%(shard)s, %(beat_at)s, %(status)s)
on conflict (shard) do update
    set
        beat_at = excluded.beat_at,
        status = excluded.status;
