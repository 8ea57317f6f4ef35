-- Try to become the one gatherer that writes a shard's rows, until this session ends.
-- Parameters: shard integer
-- Reads: the locks and sessions of this database
-- Returns: whether this session holds the lock now; if not, process and name of the session that holds it, null if that
-- ended meanwhile
with attempt as (
    select
        %(shard)s::integer as shard,
        pg_try_advisory_lock(hashtext('gatherer'), %(shard)s::integer) as is_taken
)

select
    attempt.is_taken,
    holder.pid,
    holder.application_name
from attempt
left join lateral (
    select
        a.pid,
        a.application_name
    from pg_locks as l
    inner join pg_stat_activity as a on l.pid = a.pid
    where
        not attempt.is_taken
        and l.locktype = 'advisory'
        and l.granted
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and l.classid::bigint = hashtext('gatherer')::bigint & 4294967295
        and l.objid::bigint = attempt.shard
        and l.objsubid = 2
    order by a.pid asc
    limit 1
) as holder on true;
