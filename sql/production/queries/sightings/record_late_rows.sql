-- Record which staged rows were merged so late that upkeep may have passed them.
-- Parameters: time_column name, stream text; first_hour and last_hour timestamptz, which got new rows
-- Reads: pg_temp.stage
-- Writes: ops.late_rows
-- Returns: how many rows were written
select ops.record_late_rows(
    %(time_column)s::name, %(stream)s::text, %(first_hour)s::timestamptz, %(last_hour)s::timestamptz
);
