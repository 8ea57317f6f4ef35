-- Give a lock back, so that another session may take it while this one lives.
-- Parameters: name text, holder uuid
-- Writes: ops.locks
-- Returns: nothing
update ops.locks
set pid = null
where name = %(name)s and holder = %(holder)s and pid = pg_backend_pid();
