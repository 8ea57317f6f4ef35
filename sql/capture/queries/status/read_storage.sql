-- Read what each stream holds here, from the catalogue and statistics, without counting rows.
-- Reads: timeseries.series, the catalogue, capture.acknowledgements
-- Returns: stream, partitions, estimated rows, bytes, start of the oldest partition, time of the last acknowledgement
-- (null if there was none)
select
    c.relname as stream,
    count(p.partition_name) as partitions,
    coalesce(sum(greatest(k.reltuples, pg_stat_get_live_tuples(k.oid), 0)), 0)::bigint as estimated_rows,
    coalesce(sum(pg_total_relation_size(k.oid)), 0)::bigint as stored_bytes,
    min(lower(p.during)) as oldest_at,
    max(a.acknowledged_at) as acknowledged_at
from timeseries.series as s
inner join pg_class as c on s.target = c.oid
left join lateral timeseries.list_partitions(s.target) as p on true
left join pg_class as k on k.oid = p.partition_name::regclass
left join capture.acknowledgements as a on c.relname = a.stream
group by c.relname
order by stream asc;
