-- Mark the hours in which minutes were classified, of the archive's streams that follow them, so that they are written,
-- or written again. An hour that cannot be derived any more stays as the archive holds it, and one before the first
-- connection in which nothing was expected gets no file.
-- Parameters: from_times and until_times, the minutes
-- Reads: ops.dropped_partitions, ops.connections, ops.classified_minutes
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.mark_judged_hours(from_times timestamptz[], until_times timestamptz[]) returns void
language sql
as $$
    insert into ops.archive_partitions (stream, hour)
    select s.stream, h.hour
    from (
        select distinct each.hour
        from unnest(from_times, until_times) as t (from_at, until_at)
        cross join lateral generate_series(
            date_trunc('hour', t.from_at, 'UTC'), t.until_at - interval '1 us', interval '1 h'
        ) as each (hour)
    ) as h
    cross join ops.derived_streams() as s
    where
        -- Those of no length are of the moment at which an hour begins, and follow no minute in it.
        s.follows is null and s.length > interval '0' and ops.is_derivable(s.stream, h.hour)
        and (
            h.hour >= coalesce(
                (
                    select date_trunc('hour', min(c.opened_at), 'UTC')
                    from ops.connections as c
                    where c.opened_at <@ (select ops.believed_times())
                ),
                '-infinity'
            )
            or exists (select from ops.archive_partitions as p where p.stream = s.stream and p.hour = h.hour)
            or exists (
                select
                from ops.classified_minutes as k
                where
                    k.day = (h.hour at time zone 'UTC')::date
                    and (k.proven + k.covered + k.repaired + k.gap + k.idle) && tstzrange(h.hour, h.hour + interval '1 h')
            )
        )
    order by s.stream, h.hour
    on conflict (stream, hour) do update set state = 'pending', touched_at = now();
$$;

comment on function ops.mark_judged_hours is
'Mark the hours in which minutes were classified, of the archive''s streams that follow them.';
