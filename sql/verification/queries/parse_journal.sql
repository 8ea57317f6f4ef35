-- Create the table of the journal that production is compared with. A recording may hold what jsonb cannot, such as
-- NUL; no database can hold such a message either.
-- Reads: pg_temp.journal_line
-- Writes: pg_temp.journal
-- Returns: nothing; the row count is the number of lines parsed
create temporary table journal as
select
    line::jsonb as line,
    line_number
from journal_line
where pg_input_is_valid(line, 'jsonb');
