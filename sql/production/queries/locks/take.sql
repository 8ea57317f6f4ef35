-- Take a lock for this session if it is free: given back, or its session has ended. It does not wait for a holder.
-- A stream that is shared by another number of shards is not free either: its parts would overlap.
-- A process of the server itself has no role and holds nothing, though it may have the number of a session of before.
-- Parameters: name text, holder uuid, silence_seconds_max real, or null if the session may be silent for ever
-- Writes: ops.locks
-- Returns: the process number of this session; no row if another session holds it
with
wanted as (
    select
        %(name)s as lock_name,
        %(holder)s as lock_holder,
        make_interval(secs => %(silence_seconds_max)s) as silence_max
)

insert into ops.locks as held (name, holder, silence_max, role_name, pid, session_started_at, taken_at)
select
    w.lock_name,
    w.lock_holder,
    w.silence_max,
    a.usename,
    a.pid,
    a.backend_start,
    clock_timestamp() as taken_at
from wanted as w
inner join pg_stat_activity as a on a.pid = pg_backend_pid()
where
    not exists (
        select from ops.locks as l
        where
            (
                l.name = w.lock_name
                or (
                    split_part(l.name, ' ', 1) = split_part(w.lock_name, ' ', 1)
                    and split_part(l.name, '/', 2) <> split_part(w.lock_name, '/', 2)
                )
            )
            and l.pid <> a.pid
            and (l.role_name, l.pid, l.session_started_at)
            in (select o.usename, o.pid, o.backend_start from pg_stat_activity as o where o.usename is not null)
    )
on conflict (name) do update
    set
        holder = excluded.holder,
        silence_max = excluded.silence_max,
        role_name = excluded.role_name,
        pid = excluded.pid,
        session_started_at = excluded.session_started_at,
        taken_at = excluded.taken_at
    -- Once more, since another session may have taken it a moment ago. When another role's session began is hidden;
    -- then the comparison is null, and that session counts as the holder.
    where
    held.pid is null
    or held.pid = excluded.pid
    or (held.role_name, held.pid, held.session_started_at)
    not in (select o.usename, o.pid, o.backend_start from pg_stat_activity as o where o.usename is not null)
returning pid;
