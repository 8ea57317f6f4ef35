-- See what another transaction sees; the first statement of a repeatable-read transaction.
-- Parameters: snapshot text, as production/share_snapshot names it
-- Returns: nothing
set transaction snapshot %(snapshot)s; -- noqa: PRS
