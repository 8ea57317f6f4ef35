-- List the hours that are due to be packed: over for long enough, with a hot partition.
-- Parameters: hours_after, how long an hour has to be over; needs_archive, whether the archive must hold an hour
-- Reads: ops.packed_hours, ops.archive_partitions, the partitions of hot rows
-- Returns: the stream and hour of each, and since when it is due
create or replace function ops.hours_to_pack(hours_after integer, needs_archive boolean)
returns table (stream text, hour timestamptz, due_since timestamptz)
language sql
stable
as $$
    select
        s.stream,
        h.hour,
        -- Rows of an hour long ago may have been merged just now, or put into the archive.
        greatest(
            h.hour + make_interval(hours => 1 + hours_after),
            a.touched_at,
            case when needs_archive then a.verified_at end
        ) as due_since
    from ops.packed_streams() as s
    cross join lateral timeseries.list_partitions(s.hot_table) as t
    cross join lateral generate_series(
        lower(t.during), least(upper(t.during), now() - make_interval(hours => hours_after)) - interval '1 h',
        interval '1 h'
    ) as h (hour)
    left join ops.archive_partitions as a on s.stream = a.stream and h.hour = a.hour
    where
        not exists (
            select from ops.packed_hours as p
            where p.stream = s.stream and p.hour = h.hour and p.packed_at is not null
        )
        and (not needs_archive or a.state = 'verified');
$$;

comment on function ops.hours_to_pack is 'The hours that are due to be packed.';
