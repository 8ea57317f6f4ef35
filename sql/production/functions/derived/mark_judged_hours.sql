-- Mark the hours of the archive's coverage in which minutes were classified, so that they are written, or written
-- again. An hour whose minutes production may have deleted stays as the archive holds it.
-- Parameters: from_times and until_times, the minutes
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.mark_judged_hours(from_times timestamptz[], until_times timestamptz[]) returns void
language sql
as $$
    insert into ops.archive_partitions (stream, hour)
    select 'coverage' as stream, h.hour
    from (
        select distinct each.hour
        from unnest(from_times, until_times) as t (from_at, until_at)
        cross join lateral generate_series(
            date_trunc('hour', t.from_at, 'UTC'), t.until_at - interval '1 us', interval '1 h'
        ) as each (hour)
    ) as h
    where ops.is_derivable('coverage', h.hour)
    order by h.hour
    on conflict (stream, hour) do update set state = 'pending', touched_at = now();
$$;

comment on function ops.mark_judged_hours is
'Mark the hours of the archive''s coverage in which minutes were classified.';
