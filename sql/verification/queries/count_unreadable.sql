-- Count the messages of an exchange's journal that no reader could understand, in all streams.
-- Reads: pg_temp.journal_line, pg_temp.journal, pg_temp.published_trade, pg_temp.published_delta,
-- pg_temp.published_snapshot, pg_temp.published_ticker, pg_temp.published_event, pg_temp.published_index_value
-- Parameters: parsed integer, the lines of the journal that are JSON for PostgreSQL
-- Returns: the count
select
    (select count(*) - %(parsed)s from journal_line)
    + (select count(*) from published_trade where form = 0 and not is_readable)
    + (select count(*) from published_delta where form = 0 and not is_readable)
    + (select count(*) from published_snapshot where not is_readable)
    + (select count(*) from published_ticker where form = 0 and not is_readable)
    + (select count(*) from published_event where form = 0 and not is_readable)
    + (select count(*) from published_index_value where form = 0 and not is_readable) as unreadable;
