-- Say, within the flush itself, which flush this is.
-- Parameters: run_id uuid, flush_number bigint
-- Writes: capture.flush_position
-- Returns: nothing
insert into capture.flush_position (run_id, flush_number)
values (%(run_id)s, %(flush_number)s)
on conflict (only_row) do update
    set
        run_id = excluded.run_id,
        flush_number = excluded.flush_number;
