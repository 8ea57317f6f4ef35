-- Receive rows of a file.
-- Writes: pg_temp.archived_rows
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy archived_rows from stdin;
