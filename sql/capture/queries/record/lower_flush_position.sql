-- Lower the position in a shard's frame log, if frames before it turn out not to be committed.
-- Frames of a log that lost its end, or was lost while the clock was set back, have numbers below the old position.
-- Parameters: shard smallint, frame_number bigint, the last frame that can be committed
-- Writes: capture.flush_position
-- Returns: the position; no row if it was not above frame_number
update capture.flush_position
set frame_number = %(frame_number)s
where shard = %(shard)s and frame_number > %(frame_number)s
returning frame_number;
