-- Decide whether a row is in a sample. The time alone decides, so every gatherer's copy of a row gets the same answer.
-- Parameters: row_at, the row's time; one_in, the sample's size: one of this many
-- Returns: whether the row is in it
create or replace function ops.is_sampled(row_at timestamptz, one_in integer) returns boolean
language sql
immutable
as $$
    -- This runs for every row; hashing an interval is the cheapest way to hash a time.
    select interval_hash(row_at - timestamptz 'epoch') % one_in = 0;
$$;

comment on function ops.is_sampled is 'Whether a row of some time is in a sample; the same on every gatherer.';
