-- Read the position in the frame log up to which everything is committed.
-- Reads: capture.flush_position
-- Returns: the number of the last committed frame; no row before the first flush
select frame_number from capture.flush_position;
