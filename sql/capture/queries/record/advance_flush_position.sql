-- Record, in the transaction of a flush, the last frame that the flush contains.
-- Parameters: frame_number bigint
-- Writes: capture.flush_position
-- Returns: nothing
insert into capture.flush_position (frame_number)
values (%(frame_number)s)
on conflict (only_row) do update
    set frame_number = greatest(excluded.frame_number, flush_position.frame_number);
