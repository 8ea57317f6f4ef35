-- Describe sessions. Only members of pg_read_all_stats see since when a transaction of another role is open.
-- Parameters: pids integer[]
-- Returns: pid, role, application, and since when its transaction is open (null if unknown)
select
    a.pid,
    coalesce(a.usename, 'none') as role_name,
    coalesce(a.application_name, '') as application_name,
    a.xact_start
from pg_stat_activity as a
where a.pid = any(%(pids)s::integer[])
order by a.pid;
