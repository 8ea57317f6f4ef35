-- Read the clock of the database's host.
-- Returns: its time
select clock_timestamp() as clock;
