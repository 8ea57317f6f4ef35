-- Compute until when all rows but late ones are merged; later times are left alone for two minutes, and longer if a
-- merge is still running. A merge records rows as late if they are older than 30 s when it begins, so no row is missed
-- by both. Only sessions that merge count: the archive, reports and people read, and for minutes at a time.
-- Reads: the sessions of the same role
-- Returns: the time
create or replace function ops.settled_until() returns timestamptz
language sql
volatile
as $$
    select least(now(), min(a.xact_start)) - interval '2 min'
    from pg_stat_activity as a
    where
        a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and a.application_name = 'deduplicator';
$$;

comment on function ops.settled_until is 'Until when all rows but late ones are merged.';
