-- Create the table that an exchange's journal is loaded into, to compare production with it.
-- Writes: pg_temp.journal
-- Returns: nothing
create temporary table journal (
    line jsonb not null,
    line_number bigint generated always as identity
);
