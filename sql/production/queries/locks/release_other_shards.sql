-- Release the locks of a stream for other numbers of shards whose sessions have ended, so that no further session of
-- their holders commits; wait for one that is about to commit.
-- Parameters: name text: the lock that is wanted
-- Writes: ops.locks
-- Returns: nothing
update ops.locks
set pid = null
where
    split_part(name, ' ', 1) = split_part(%(name)s, ' ', 1)
    and split_part(name, '/', 2) <> split_part(%(name)s, '/', 2)
    and (role_name, pid, session_started_at)
    not in (select a.usename, a.pid, a.backend_start from pg_stat_activity as a where a.usename is not null);
