-- Compute the time that coverage can be of. What a gatherer reports of any other time is due to a wrong clock, and
-- counts for nothing, however it came here: a single connection of 1970 would open half a million hours.
-- Returns: the range: 400 days, and one day ahead
create or replace function ops.believed_times() returns tstzrange
language sql
stable
as $$
    select tstzrange(now() - interval '400 days', now() + interval '1 day', '[]');
$$;

comment on function ops.believed_times is 'The time that coverage can be of; other times are due to a wrong clock.';
