-- Make a range of two times of a gatherer, whose clock may have been set back between them.
-- Parameters: one and other, the times in any order; bounds as for tstzrange
-- Returns: the range
create or replace function ops.ordered_range(one timestamptz, other timestamptz, bounds text default '[)')
returns tstzrange
language sql
immutable
as $$
    select tstzrange(least(one, other), greatest(one, other), bounds);
$$;

comment on function ops.ordered_range is 'The range of two times, whichever is the earlier one.';
