-- Count the rows that this gatherer holds, per table.
-- Reads: every table of timeseries.series, capture.gaps, capture.quarantine
-- Returns: name of the table, rows
select
    stream,
    counted
from capture.row_counts();
