-- Say that a deduplicator lives, and how it is.
-- Parameters: shard text, status jsonb
-- Writes: ops.deduplicators
-- Returns: nothing
insert into ops.deduplicators (shard, beat_at, status)
values (%(shard)s, now(), %(status)s)
on conflict (shard) do update
    set
        beat_at = excluded.beat_at,
        status = excluded.status;
