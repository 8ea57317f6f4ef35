-- List the hours, for some streams the days, that are due to be packed: over for long enough, with a hot partition. A
-- day without a row in one of its hours has no record of that hour in the archive. Snapshots of order books are checked
-- before they are packed. An hour of which late rows made some hot again waits for a while.
-- Parameters: hours_after, how long an hour has to be over; needs_archive, whether the archive must hold an hour
-- Reads: ops.packed_hours, ops.packing_failures, ops.watermarks, ops.archive_partitions, the partitions of hot rows
-- Returns: the stream of each and when it begins, since when it is due, how many attempts to pack it have failed, and
-- when it may be tried again
create or replace function ops.hours_to_pack(hours_after integer, needs_archive boolean)
returns table (stream text, hour timestamptz, due_since timestamptz, failed_attempts integer, retry_at timestamptz)
language sql
stable
as $$
    select
        s.stream,
        h.hour,
        -- Rows of an hour long ago may have been merged just now, or put into the archive.
        greatest(
            h.hour + s.period + make_interval(hours => hours_after),
            a.touched_at,
            case when needs_archive then a.verified_at end,
            p.pack_after
        ) as due_since,
        coalesce(f.attempts, 0) as failed_attempts,
        coalesce(f.retry_at, '-infinity') as retry_at
    from ops.packed_streams() as s
    cross join lateral timeseries.list_partitions(s.hot_table) as t
    cross join lateral generate_series(
        date_bin(s.period, lower(t.during), '2000-01-01 00:00:00+00'),
        least(upper(t.during), now() - make_interval(hours => hours_after)) - s.period, s.period
    ) as h (hour)
    cross join lateral (
        select bool_and(r.state = 'verified') as is_verified, max(r.touched_at) as touched_at,
            max(r.verified_at) as verified_at
        from ops.archive_partitions as r
        where r.stream = s.stream and r.hour >= h.hour and r.hour < h.hour + s.period
    ) as a
    left join ops.packed_hours as p on s.stream = p.stream and h.hour = p.hour
    left join ops.packing_failures as f on s.stream = f.stream and h.hour = f.hour
    where
        p.packed_at is null
        and coalesce(p.pack_after, '-infinity') <= now()
        and (not needs_archive or a.is_verified)
        and (
            s.stream <> 'orderbook_snapshots'
            or h.hour + s.period <= (select w.moment from ops.watermarks as w where w.name = 'book_checks')
        );
$$;

comment on function ops.hours_to_pack is 'The hours that are due to be packed.';
