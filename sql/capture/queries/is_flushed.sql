-- Tell whether a flush was committed, after a connection broke while it was.
-- Parameters: run_id uuid, flush_number bigint
-- Reads: capture.flush_position
-- Returns: one boolean
select exists(
    select
    from capture.flush_position
    where run_id = %(run_id)s and flush_number >= %(flush_number)s
);
