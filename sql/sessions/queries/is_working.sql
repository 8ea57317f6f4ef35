-- Ask whether a session executes a statement, and does not wait for its client meanwhile.
-- Parameters: pid integer
-- Returns: true or false, true also if the session's state is hidden; no row if there is no such session
select
    coalesce(state not like 'idle%%', true)
    and coalesce(wait_event_type, '') <> 'Client' as is_working
from pg_stat_activity
where pid = %(pid)s;
