-- Make minutes and book checks due again that late rows touch.
-- Parameters: marks_max integer, how many rows of ops.late_rows are taken
-- Writes: ops.late_rows, ops.book_checks, ops.market_minutes_due
-- Returns: how many rows of ops.late_rows were taken
select ops.schedule_rechecks(%(marks_max)s::integer);
