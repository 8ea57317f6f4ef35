-- End the session that holds a lock if it is an earlier one of the same holder, or was silent for too long; also one
-- that holds the same stream for another number of shards.
-- A session that executes a statement is not silent, unless the server waits for the client's part of it; then it gets
-- three times as long.
-- Parameters: name text, holder uuid, seconds_max real: how long to wait for its end
-- Reads: ops.locks
-- Returns: the process number of the session, and whether it has ended; no row if none had to
with
held as (
    select
        pid,
        session_started_at,
        silence_max,
        holder = %(holder)s as is_mine,
        (%(seconds_max)s * 1000)::bigint as milliseconds_max
    from ops.locks
    where
        name = %(name)s
        or (
            split_part(name, ' ', 1) = split_part(%(name)s, ' ', 1)
            and split_part(name, '/', 2) <> split_part(%(name)s, '/', 2)
        )
)

select
    a.pid,
    pg_terminate_backend(a.pid, h.milliseconds_max) as has_ended
from held as h
inner join pg_stat_activity as a on h.pid = a.pid and h.session_started_at = a.backend_start
where
    a.usename = current_user
    and a.pid <> pg_backend_pid()
    and (
        h.is_mine
        or (
            (a.state <> 'active' or a.wait_event_type = 'Client')
            and clock_timestamp() - a.state_change > h.silence_max * case a.state when 'active' then 3 else 1 end
        )
    );
