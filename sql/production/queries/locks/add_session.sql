-- Note that this session works for the holder of a lock, and forget those of the task that have ended.
-- Parameters: name text, holder uuid
-- Writes: ops.lock_sessions
-- Returns: nothing
with ended as (
    delete from ops.lock_sessions as s
    where
        s.name = %(name)s
        and (s.pid, s.session_started_at)
        not in (select a.pid, a.backend_start from pg_stat_activity as a where a.backend_start is not null)
)

insert into ops.lock_sessions (name, holder, pid, session_started_at)
select
    %(name)s as lock_name,
    %(holder)s as lock_holder,
    a.pid,
    a.backend_start
from pg_stat_activity as a
where a.pid = pg_backend_pid()
on conflict (pid, session_started_at) do nothing;
