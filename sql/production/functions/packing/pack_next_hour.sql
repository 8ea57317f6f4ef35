-- Do one step of packing: of the oldest hour or day that is over for long enough and has hot rows. One of which rows
-- are being merged keeps no other one waiting. Nor does one that cannot be packed: it is tried again later, each time
-- in steps of a quarter of the rows, down to a 256th, since an array or a document may have become too large.
-- Parameters: hours_after, how long an hour has to be over; rows_max, how many rows a step moves; needs_archive,
-- whether the archive must hold an hour
-- Reads: what ops.hours_to_pack reads
-- Writes: what ops.pack_hour writes, ops.packing_failures
-- Returns: one row, or none if no hour can be packed now: the stream and hour, how many rows were moved, whether the
-- hour is packed, why it could not be packed, and how many attempts failed before
create or replace function ops.pack_next_hour(hours_after integer, rows_max integer, needs_archive boolean)
returns table (
    stream text, hour timestamptz, moved bigint, is_packed boolean, error text, failed_attempts integer
)
language plpgsql
as $$
begin
    for stream, hour, failed_attempts in
        select h.stream, h.hour, h.failed_attempts
        from ops.hours_to_pack(hours_after, needs_archive) as h
        where h.retry_at <= now()
        order by h.hour, h.stream
    loop
        begin
            select k.moved, k.is_packed into moved, is_packed
            from ops.pack_hour(
                stream, hour, greatest(1, rows_max >> least(2 * failed_attempts, 8)), needs_archive
            ) as k;
        exception
            -- A full disk is no fault of the hour.
            when disk_full then
                raise;
            -- It took longer than a statement may, which is not among the others.
            when query_canceled or others then
                perform ops.record_packing_failure(stream, hour, sqlerrm);
                moved := 0;
                is_packed := false;
                error := sqlerrm;
        end;
        if moved > 0 or is_packed or error is not null then
            return next;
            return;
        end if;
    end loop;
end;
$$;

comment on function ops.pack_next_hour is 'Do one step of packing.';
