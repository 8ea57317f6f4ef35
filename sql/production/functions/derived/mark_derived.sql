-- Mark hours of a derived stream of the archive, so that they are written, or written again. An hour that cannot be
-- derived any more stays as the archive holds it.
-- Parameters: derived_stream; touched, times in these hours
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.mark_derived(derived_stream text, touched timestamptz[]) returns void
language sql
as $$
    insert into ops.archive_partitions (stream, hour)
    select derived_stream as stream, h.hour
    from (select distinct date_trunc('hour', t.moment, 'UTC') as hour from unnest(touched) as t (moment)) as h
    where ops.is_derivable(derived_stream, h.hour)
    order by h.hour
    on conflict (stream, hour) do update set state = 'pending', touched_at = now();
$$;

comment on function ops.mark_derived is 'Mark hours of a derived stream of the archive as to be written again.';
