-- Record that production may no longer hold all that hours of a derived stream of the archive were derived from, so
-- that they are neither compared with it nor written again.
-- Parameters: derived_stream; older_than, which hours
-- Writes: ops.dropped_partitions, one row for each derived stream
-- Returns: nothing
create or replace function ops.record_derived_drop(derived_stream text, older_than timestamptz) returns void
language sql
as $$
    delete from ops.dropped_partitions as d where d.stream = derived_stream and upper(d.during) < older_than;
    insert into ops.dropped_partitions (stream, during)
    select derived_stream as stream, tstzrange(null, older_than) as during
    on conflict (stream, during) do update set dropped_at = now();
$$;

comment on function ops.record_derived_drop is
'Record that production may no longer hold all that hours of a derived stream were derived from.';

revoke execute on function ops.record_derived_drop from public;
