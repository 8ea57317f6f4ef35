-- Say, within the flush itself, how far in the frame log it reaches.
-- Parameters: frame_number bigint
-- Writes: capture.flush_position
-- Returns: nothing
insert into capture.flush_position (frame_number)
values (%(frame_number)s)
on conflict (only_row) do update
    set frame_number = greatest(excluded.frame_number, flush_position.frame_number);
