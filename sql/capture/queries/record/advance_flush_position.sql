-- Record, in the transaction of a flush, the last frame that the flush contains.
-- Parameters: shard smallint, frame_number bigint
-- Writes: capture.flush_position
-- Returns: nothing
insert into capture.flush_position (shard, frame_number)
values (%(shard)s, %(frame_number)s)
on conflict (shard) do update
    set frame_number = greatest(excluded.frame_number, flush_position.frame_number);
