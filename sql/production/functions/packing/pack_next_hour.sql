-- Do one step of packing: of the oldest hour that is over for long enough and has hot rows.
-- Parameters: hours_after, how long an hour has to be over; rows_max, how many rows a step moves; needs_archive,
-- whether the archive must hold an hour
-- Reads: what ops.hours_to_pack reads
-- Writes: what ops.pack_hour writes
-- Returns: one row, or none if no hour is due: the stream and hour, how many rows were moved, and whether the hour is
-- packed
create or replace function ops.pack_next_hour(hours_after integer, rows_max integer, needs_archive boolean)
returns table (stream text, hour timestamptz, moved bigint, is_packed boolean)
language sql
as $$
    with due as materialized (
        select h.stream, h.hour
        from ops.hours_to_pack(hours_after, needs_archive) as h
        order by h.hour, h.stream
        limit 1
    )

    select d.stream, d.hour, k.moved, k.is_packed
    from due as d
    cross join lateral ops.pack_hour(d.stream, d.hour, rows_max, needs_archive) as k;
$$;

comment on function ops.pack_next_hour is 'Do one step of packing.';
