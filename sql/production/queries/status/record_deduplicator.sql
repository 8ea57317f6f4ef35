-- Record the heartbeat of a deduplicator, with its status.
-- Parameters: shard text, status jsonb
-- Writes: ops.deduplicators
-- Returns: nothing
insert into ops.deduplicators (shard, beat_at, status)
values (%(shard)s, now(), %(status)s)
on conflict (shard) do update
    set
        beat_at = excluded.beat_at,
        status = excluded.status;
