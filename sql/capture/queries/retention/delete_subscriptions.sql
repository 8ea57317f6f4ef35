-- Delete acknowledged coverage that ended before a given time, a bounded number at a time.
-- Parameters: older_than timestamptz; newer_than timestamptz, the future that only a wrong clock can have written;
-- rows_max integer
-- Reads: capture.acknowledgements
-- Writes: capture.subscriptions
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from capture.subscriptions
where ctid in (
    select s.ctid
    from capture.subscriptions as s
    where
        (s.ended_at < %(older_than)s or s.ended_at > %(newer_than)s)
        and s.ingest_xid <= (
            select a.ingest_xid from capture.acknowledgements as a where a.stream = 'subscriptions'
        )
    order by s.ingest_xid
    limit %(rows_max)s
    for update
);
