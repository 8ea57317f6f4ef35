-- Receive the journal, one line per row.
-- Writes: pg_temp.journal_line
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy journal_line (line) from stdin;
