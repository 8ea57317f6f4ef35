-- Compute the range of time that production accepts rows of.
-- Parameters: late_days_max, how many days old a row may be
-- Returns: the range; both ends are included
create or replace function ops.accepted_range(late_days_max integer) returns tstzrange
language sql
stable
as $$
    select tstzrange(now() - make_interval(days => late_days_max), now() + interval '1 day', '[]');
$$;

comment on function ops.accepted_range is 'The range of time that production accepts rows of.';
