-- Say of which time production accepts rows.
-- Parameters: late_days_max, how many days old they may be
-- Returns: the range, both ends included
create or replace function ops.accepted(late_days_max integer) returns tstzrange
language sql
stable
as $$
    select tstzrange(now() - make_interval(days => late_days_max), now() + interval '1 day', '[]');
$$;

comment on function ops.accepted is 'The range of time that production accepts rows of.';
