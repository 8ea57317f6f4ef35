-- Tell how far in the frame log everything is committed.
-- Reads: capture.flush_position
-- Returns: the number of the last committed frame; no row where nothing ever was
select frame_number from capture.flush_position;
