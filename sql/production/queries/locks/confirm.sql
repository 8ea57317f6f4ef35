-- Confirm that a session still holds a lock, and keep others from taking it until the end of this transaction, which
-- another session of the same holder may have begun.
-- Parameters: name text, holder uuid, pid integer: the session that took it
-- Reads: ops.locks
-- Returns: true; no row if another session has taken over
select true as is_held
from ops.locks
where name = %(name)s and holder = %(holder)s and pid = %(pid)s
for no key update;
