-- The day in UTC that a moment is in: that in the names of files.
-- Parameters: instant, a time as text or timestamptz
-- Returns: a date
create or replace macro utc_day(instant) as (instant::timestamptz at time zone 'UTC')::date;
