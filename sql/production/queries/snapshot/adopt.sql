-- Read the same state as another transaction. It must be the first statement of a repeatable-read transaction.
-- Parameters: snapshot text, as snapshot/share returns it
-- Returns: nothing
set transaction snapshot %(snapshot)s; -- noqa: PRS
