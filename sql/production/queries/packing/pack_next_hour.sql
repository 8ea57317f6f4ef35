-- Do one step of packing.
-- Parameters: hours_after integer, how long an hour has to be over; rows_max integer, how many rows a step moves;
-- needs_archive boolean, whether the archive must hold an hour
-- Writes: what ops.pack_hour writes
-- Returns: no row if no hour is due, else the stream and hour, how many rows were moved, whether the hour is packed,
-- why it could not be packed, and how many attempts failed before
select
    k.stream,
    k.hour,
    k.moved,
    k.is_packed,
    k.error,
    k.failed_attempts
from ops.pack_next_hour(
    %(hours_after)s::integer, %(rows_max)s::integer, %(needs_archive)s::boolean
) as k;
