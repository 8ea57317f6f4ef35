-- Choose rows for a sample: the same rows whichever gatherer brings them, all of one moment or none.
-- Parameters: moment, the row's time; one_in, the size of the sample
-- Returns: whether the row is in it
create or replace function ops.is_sampled(moment timestamptz, one_in integer) returns boolean
language sql
immutable
as $$
    -- A hash of an interval, since it is the cheapest one of a time: this is asked of every row.
    select interval_hash(moment - timestamptz 'epoch') % one_in = 0;
$$;

comment on function ops.is_sampled is 'Whether a row of some time is in a sample; the same on every gatherer.';
