-- End a session of this role that its program has lost, and that still holds a lock.
-- Parameters: pid integer
-- Reads: the sessions of this cluster
-- Returns: whether it was asked to end; no row if it has ended already
select pg_terminate_backend(a.pid) as is_ending
from pg_stat_activity as a
where a.pid = %(pid)s and a.usename = current_user;
