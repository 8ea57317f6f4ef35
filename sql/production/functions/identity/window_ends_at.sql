-- Compute when the window of time ends in which a change lies.
-- Parameters: exchange_ts; time_digits, -1 for none
-- Returns: the first time after the window
create or replace function ops.window_ends_at(exchange_ts timestamptz, time_digits smallint) returns timestamptz
language sql
stable
as $$
    select
        exchange_ts + case time_digits
            when 6 then interval '1 us'
            when 3 then interval '1 ms'
            when 0 then interval '1 s'
            else interval '5 s'
        end;
$$;

comment on function ops.window_ends_at is 'When the window of time ends in which a change lies.';
