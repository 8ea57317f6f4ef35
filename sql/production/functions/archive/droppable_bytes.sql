-- Compute how much space the partitions take that retention may drop.
-- Parameters: streams, the streams whose partitions may go
-- Reads: what ops.droppable_partitions reads
-- Returns: bytes, with indexes
create or replace function ops.droppable_bytes(streams text[]) returns bigint
language sql
volatile
as $$
    select coalesce(sum(pg_total_relation_size(to_regclass(d.partition_name))), 0)::bigint
    from ops.droppable_partitions(streams) as d;
$$;

comment on function ops.droppable_bytes is 'How much space the partitions take that may be dropped.';
