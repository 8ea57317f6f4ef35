-- Create the table that the lines of an exchange's journal are loaded into.
-- Writes: pg_temp.journal_line
-- Returns: nothing
create temporary table journal_line (
    line text not null,
    line_number bigint generated always as identity
);
