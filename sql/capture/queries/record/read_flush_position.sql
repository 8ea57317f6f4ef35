-- Read the position in a shard's frame log up to which everything is committed.
-- Parameters: shard smallint
-- Reads: capture.flush_position
-- Returns: the number of the last committed frame; no row before the first flush
select frame_number from capture.flush_position
where shard = %(shard)s;
