-- Move staged rows that do not fit into their table or into the archive out of the stage.
-- Parameters: stream text; target regclass, the table that the rows go to
-- Writes: pg_temp.stage, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
select
    r.gatherer_id,
    r.rejected_rows
from ops.reject_misfits(%(stream)s::text, %(target)s::regclass) as r;
