-- Say until when rows are merged, unless they are late: later times are left alone for a while. A merge still at work
-- holds it back. The merge notes rows that are older than 30 s when it begins as late, so nothing falls in between.
-- The archive only reads, for minutes at a time.
-- Reads: the sessions of the same role
-- Returns: the moment
create or replace function ops.settled_until() returns timestamptz
language sql
volatile
as $$
    select least(now(), min(a.xact_start)) - interval '2 min'
    from pg_stat_activity as a
    where
        a.datname = current_database() and a.usename = current_user and a.pid <> pg_backend_pid()
        and a.application_name <> 'deduplicator archive';
$$;

comment on function ops.settled_until is 'Until when rows are merged, unless they are late.';
