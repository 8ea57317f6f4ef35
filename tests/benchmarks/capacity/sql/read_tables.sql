-- List the tables of production or of a gatherer with their sizes, indexes and partitions included.
-- Returns: table, bytes
select
    c.oid::regclass::text, (
        pg_total_relation_size(c.oid) + coalesce((
            select sum(pg_total_relation_size(i.inhrelid)) from pg_inherits as i where i.inhparent = c.oid
        ), 0)
    )::bigint
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p') and n.nspname in ('market_data', 'ops', 'capture')
    and not exists (select from pg_inherits as i where i.inhrelid = c.oid)
order by 1
