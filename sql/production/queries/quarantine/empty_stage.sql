-- Empty the stage before the end of the transaction, for the next part of a divided batch.
-- Writes: pg_temp.stage
-- Returns: nothing
truncate table pg_temp.stage;
