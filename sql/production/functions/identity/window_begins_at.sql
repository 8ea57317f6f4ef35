-- Compute when the window of time begins in which a change lies.
-- Parameters: exchange_ts; time_digits, -1 for none; began_at, when the burst began
-- Returns: the first time in the window
create or replace function ops.window_begins_at(
    exchange_ts timestamptz, time_digits smallint, began_at timestamptz
) returns timestamptz
language sql
stable
as $$
    select case when time_digits >= 0 then exchange_ts else began_at - interval '5 s' end;
$$;

comment on function ops.window_begins_at is 'When the window of time begins in which a change lies.';
