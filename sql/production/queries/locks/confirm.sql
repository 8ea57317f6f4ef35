-- Confirm that this session still holds a lock, and keep it until the end of the transaction.
-- Parameters: name text, holder uuid
-- Reads: ops.locks
-- Returns: true; no row if another session has taken over
select true as is_held
from ops.locks
where name = %(name)s and holder = %(holder)s and pid = pg_backend_pid()
for no key update;
