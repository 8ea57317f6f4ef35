-- Sum up the minutes of today by series.
-- Parameters: cells integer, in how many parts a day is divided
-- Reads and writes: what ops.sum_up_minutes does
-- Returns: nothing
select ops.sum_up_minutes((now() at time zone 'UTC')::date, %(cells)s::integer);
