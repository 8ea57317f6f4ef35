-- List the hours of order-book changes that are due to be packed: over for long enough, with a hot partition.
-- Parameters: hours_after, how long an hour has to be over; needs_archive, whether the archive must hold an hour
-- Reads: ops.packed_hours, ops.archive_partitions, the partitions of market_data.hot_orderbook_deltas
-- Returns: the hours, and since when each is due
create or replace function ops.hours_to_pack(hours_after integer, needs_archive boolean)
returns table (hour timestamptz, due_since timestamptz)
language sql
stable
as $$
    select
        h.hour,
        -- Rows of an hour long ago may have been merged just now, or put into the archive.
        greatest(
            h.hour + make_interval(hours => 1 + hours_after),
            a.touched_at,
            case when needs_archive then a.verified_at end
        ) as due_since
    from timeseries.list_partitions('market_data.hot_orderbook_deltas') as t
    cross join lateral generate_series(
        lower(t.during), least(upper(t.during), now() - make_interval(hours => hours_after)) - interval '1 h',
        interval '1 h'
    ) as h (hour)
    left join ops.archive_partitions as a on a.stream = 'orderbook_deltas' and h.hour = a.hour
    where
        not exists (
            select from ops.packed_hours as p
            where p.stream = 'orderbook_deltas' and p.hour = h.hour and p.packed_at is not null
        )
        and (not needs_archive or a.state = 'verified');
$$;

comment on function ops.hours_to_pack is 'The hours of order-book changes that are due to be packed.';
