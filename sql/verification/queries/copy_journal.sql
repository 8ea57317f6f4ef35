-- Receive the journal, one line per row.
-- Writes: pg_temp.journal
-- Returns: nothing; the rows come in PostgreSQL's text COPY format
copy journal (line) from stdin;
