-- Decide whether production holds a whole list of the exchange: its series, events or markets. Gatherers load them
-- whole after their start, so the table of a new platform is empty at first.
-- Parameters: listing, the name of the table and of its stream
-- Reads: ops.archive_partitions, ops.heartbeats, and what ops.merged_until reads
-- Returns: true if an earlier day of it is archived with rows, or if all rows are merged that a gatherer had stored
-- once all its lists were loaded whole
create or replace function ops.is_listed(listing text) returns boolean
language sql
stable
as $$
    select
        exists (
            select from ops.archive_partitions as p
            where p.stream = listing and p.row_count > 0
        )
        or exists (
            select from ops.heartbeats as h
            where
                ops.merged_until(listing, array[h.gatherer_id::integer])
                >= ops.try_timestamptz(h.status -> 'listed_at' ->> listing)
        );
$$;

comment on function ops.is_listed is 'Whether production holds a whole list of the exchange.';
