-- Set how long each statement of this session waits for a lock.
-- Parameters: lock_timeout text, with its unit; 0 for ever
-- Returns: the value before
select
    current_setting('lock_timeout') as before,
    set_config('lock_timeout', %(lock_timeout)s::text, false) as lock_timeout;
