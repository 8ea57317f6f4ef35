-- Delete acknowledged gaps detected before a given time, repaired or not, a bounded number at a time.
-- Parameters: older_than timestamptz; newer_than timestamptz, the future that only a wrong clock can have written;
-- rows_max integer
-- Reads: capture.acknowledgements
-- Writes: capture.gaps
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from capture.gaps
where frame_number in (
    select g.frame_number
    from capture.gaps as g
    where
        (g.detected_at < %(older_than)s or g.detected_at > %(newer_than)s)
        and g.ingest_xid <= (
            select a.ingest_xid from capture.acknowledgements as a where a.stream = 'gaps'
        )
    order by g.frame_number
    limit %(rows_max)s
);
