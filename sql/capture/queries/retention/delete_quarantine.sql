-- Delete frames that were quarantined before a given time, a bounded number at a time.
-- Parameters: older_than timestamptz; newer_than timestamptz, the future that only a wrong clock can have written;
-- rows_max integer
-- Writes: capture.quarantine
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from capture.quarantine
where quarantine_id in (
    select q.quarantine_id
    from capture.quarantine as q
    where (q.received_at < %(older_than)s or q.received_at > %(newer_than)s)
    order by q.quarantine_id
    limit %(rows_max)s
);
