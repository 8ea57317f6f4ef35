-- Delete what the exchange said of itself before a given time, a bounded number of rows at a time.
-- Parameters: older_than timestamptz; rows_max integer
-- Writes: registry.exchange_status
-- Returns: nothing; if the row count equals rows_max, there may be more
delete from registry.exchange_status
where ctid = any(array(
    select s.ctid
    from registry.exchange_status as s
    where s.confirmed_at < %(older_than)s
    order by s.confirmed_at
    limit %(rows_max)s
));
