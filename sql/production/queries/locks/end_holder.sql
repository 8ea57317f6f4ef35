-- End the sessions of a lock's holder if it is an earlier one of the same holder, or was silent for too long; also of
-- one that holds the same stream for another number of shards.
-- A holder is silent if all of its sessions are. A session that executes a statement is not silent, unless the server
-- waits for the client's part of it; then it gets three times as long.
-- Parameters: name text, holder uuid, seconds_max real: how long to wait for the end of each
-- Reads: ops.locks, ops.lock_sessions
-- Returns: the process number of each session, and whether it has ended; no row if none had to
with
held as (
    select
        name,
        holder,
        pid,
        session_started_at,
        silence_max,
        holder = %(holder)s as is_mine
    from ops.locks
    where
        name = %(name)s
        or (
            split_part(name, ' ', 1) = split_part(%(name)s, ' ', 1)
            and split_part(name, '/', 2) <> split_part(%(name)s, '/', 2)
        )
),

working as (
    select
        a.pid,
        h.is_mine or bool_and(
            (a.state <> 'active' or a.wait_event_type = 'Client')
            and clock_timestamp() - a.state_change > h.silence_max * case a.state when 'active' then 3 else 1 end
        ) over (partition by h.name) as has_to_end
    from held as h
    left join ops.lock_sessions as s on h.name = s.name and h.holder = s.holder
    inner join pg_stat_activity as a
        on (a.pid, a.backend_start) in ((h.pid, h.session_started_at), (s.pid, s.session_started_at))
    where a.usename = current_user and a.pid <> pg_backend_pid()
)

select
    w.pid,
    pg_terminate_backend(w.pid, (%(seconds_max)s * 1000)::bigint) as has_ended
-- The holder's own session is joined to each further one, and is ended once.
from (select distinct pid from working where has_to_end) as w;
