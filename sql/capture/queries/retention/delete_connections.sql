-- Delete acknowledged connections that closed before a given time, a bounded number at a time.
-- Parameters: older_than timestamptz; newer_than timestamptz, the future that only a wrong clock can have written;
-- rows_max integer
-- Reads: capture.acknowledgements
-- Writes: capture.connections
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from capture.connections
where connection_id in (
    select c.connection_id
    from capture.connections as c
    where
        (c.closed_at < %(older_than)s or c.closed_at > %(newer_than)s)
        and c.ingest_xid <= (
            select a.ingest_xid from capture.acknowledgements as a where a.stream = 'connections'
        )
    order by c.connection_id
    limit %(rows_max)s
);
