-- List the sessions that a waiting session waits for.
-- Parameters: pid integer, the waiting session
-- Returns: pid of each
select b.pid from unnest(pg_blocking_pids(%(pid)s::integer)) as b (pid);
