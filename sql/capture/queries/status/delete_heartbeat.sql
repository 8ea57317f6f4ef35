-- Delete the heartbeat of a shard that there is no more.
-- Parameters: shard smallint
-- Writes: capture.heartbeat
-- Returns: nothing
delete from capture.heartbeat
where shard = %(shard)s;
