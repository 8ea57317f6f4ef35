-- Mark the minutes and book checks that late rows affect as due again.
-- Parameters: marks_max integer, how many rows of ops.late_rows are taken
-- Writes: ops.late_rows, ops.book_checks, ops.market_minutes_due
-- Returns: how many rows of ops.late_rows were taken
select ops.schedule_rechecks(%(marks_max)s::integer);
