-- Delete replaced bodies of events that are older than a given time, a bounded number at a time.
-- Parameters: older_than timestamptz; rows_max integer
-- Writes: registry.events_history
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from registry.events_history
where ctid = any(array(
    select h.ctid
    from registry.events_history as h
    where h.replaced_at < %(older_than)s
    order by h.replaced_at
    limit %(rows_max)s
));
