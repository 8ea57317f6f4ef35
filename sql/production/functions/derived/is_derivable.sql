-- Decide whether production still holds all that an hour of a derived stream of the archive is derived from. What an
-- hour was derived from that production took over from the archive is not in the archive.
-- Parameters: derived_stream; wanted_hour
-- Reads: ops.dropped_partitions, ops.archive_partitions
-- Returns: true if nothing of it may be gone
create or replace function ops.is_derivable(derived_stream text, wanted_hour timestamptz) returns boolean
language sql
stable
as $$
    select not exists (
        select from ops.archive_partitions as p
        where p.stream = derived_stream and p.hour = wanted_hour and p.restored_at is not null
    )
    and not exists (
        select from ops.dropped_partitions as d
        where
            (d.stream = derived_stream and d.during @> wanted_hour)
            or (
                derived_stream = 'settlements'
                and d.stream in ('lifecycle_events', 'markets_history')
                and d.during @> wanted_hour
            )
            or (
                -- A row may reach two days beyond the day of its time.
                derived_stream in ('book_checks', 'incidents') and d.stream = derived_stream
                and d.during && tstzrange(wanted_hour - interval '3 days', wanted_hour, '[]')
            )
            or (
                derived_stream = 'books'
                and case
                    -- What was expected is deleted together with what coverage is derived from.
                    when d.stream = 'coverage' then d.during @> wanted_hour
                    -- A book that is open has a snapshot each day.
                    when d.stream in ('orderbook_deltas', 'orderbook_snapshots')
                        then d.during && tstzrange(wanted_hour - interval '2 days', wanted_hour, '[]')
                end
            )
    );
$$;

comment on function ops.is_derivable is
'Whether production still holds all that an hour of a derived stream of the archive is derived from.';
