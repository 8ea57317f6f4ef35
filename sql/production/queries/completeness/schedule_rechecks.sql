-- Mark the minutes, book checks and disputed counts that late rows affect as due again.
-- Parameters: marks_max integer, how many rows of ops.late_rows are taken
-- Writes: ops.late_rows, ops.book_checks, ops.line_counts, ops.market_minutes_due
-- Returns: how many rows of ops.late_rows were taken
select ops.schedule_rechecks(%(marks_max)s::integer);
