-- Let rows that came late be considered in what was judged already.
-- Parameters: marks_max integer, how many notes of late rows are taken
-- Writes: ops.late_rows, ops.book_checks, ops.market_minutes_due
-- Returns: how many notes were taken
select ops.schedule_rechecks(%(marks_max)s::integer);
