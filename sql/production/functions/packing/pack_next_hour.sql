-- Do one step of packing: of the oldest hour or day that is over for long enough and has hot rows. An hour or day of
-- which rows are being merged keeps no other one waiting.
-- Parameters: hours_after, how long an hour has to be over; rows_max, how many rows a step moves; needs_archive,
-- whether the archive must hold an hour
-- Reads: what ops.hours_to_pack reads
-- Writes: what ops.pack_hour writes
-- Returns: one row, or none if no hour can be packed now: the stream and hour, how many rows were moved, and whether
-- the hour is packed
create or replace function ops.pack_next_hour(hours_after integer, rows_max integer, needs_archive boolean)
returns table (stream text, hour timestamptz, moved bigint, is_packed boolean)
language plpgsql
as $$
begin
    for stream, hour in
        select h.stream, h.hour from ops.hours_to_pack(hours_after, needs_archive) as h order by h.hour, h.stream
    loop
        select k.moved, k.is_packed into moved, is_packed
        from ops.pack_hour(stream, hour, rows_max, needs_archive) as k;
        if moved > 0 or is_packed then
            return next;
            return;
        end if;
    end loop;
end;
$$;

comment on function ops.pack_next_hour is 'Do one step of packing.';
