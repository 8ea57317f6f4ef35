-- Keep hours, of some streams days, from being packed until the transaction ends. Packing waits for no merge while it
-- locks a row, so the order matters not.
-- Parameters: wanted_stream; hours
-- Reads: ops.packed_hours
-- Writes: nothing; it locks rows of ops.hour_locks
-- Returns: those of the hours of which rows are packed
create or replace function ops.lock_hours(wanted_stream text, hours timestamptz[]) returns timestamptz[]
language plpgsql
as $$
begin
    perform from ops.hour_locks as l
    where
        l.number in (
            select ops.hour_lock(h.hour, s.period)
            from ops.packed_streams() as s
            cross join unnest(hours) as h (hour)
            where s.stream = wanted_stream
        )
    for key share;
    -- A statement of its own, so that it reads what was committed while this session waited.
    return array(select p.hour from ops.packed_hours as p where p.stream = wanted_stream and p.hour = any(hours));
end;
$$;

comment on function ops.lock_hours is 'Keep hours from being packed; returns those of which rows are packed.';
