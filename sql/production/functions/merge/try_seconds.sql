-- Convert text that the exchange sent to a time: seconds since 1970.
-- Parameters: sent, the text
-- Returns: the time; null if the text is no number of at most ten digits before the point, or stands for none
create or replace function ops.try_seconds(sent text) returns timestamptz
language sql
immutable
as $$
    select case when sent ~ '^[0-9]{1,10}([.][0-9]{1,9})?$' and sent::numeric > 0 then to_timestamp(sent::float8) end;
$$;

comment on function ops.try_seconds is 'Convert seconds since 1970 that the exchange sent to a time.';
