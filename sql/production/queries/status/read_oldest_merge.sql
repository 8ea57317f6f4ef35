-- Find the session whose transaction holds ops.settled_until() back the longest.
-- Reads: the sessions of the same role
-- Returns: its pid, and how long its transaction has been open; no row if no merge is running
select
    a.pid,
    extract(epoch from now() - a.xact_start)::double precision as open_seconds
from pg_stat_activity as a
where
    a.datname = current_database()
    and a.usename = current_user
    and a.pid <> pg_backend_pid()
    and a.application_name = 'deduplicator'
    and a.xact_start is not null
order by a.xact_start
limit 1;
