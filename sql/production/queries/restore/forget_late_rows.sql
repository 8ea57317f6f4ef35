-- Delete what this transaction recorded of late rows: restored rows were checked when they came first.
-- Writes: ops.late_rows
-- Returns: nothing
delete from ops.late_rows as l
where l.xmin = pg_current_xact_id_if_assigned()::xid;
