-- The time in which a change lies that a count of ops.line_counts finds lost or invented. It begins with the last
-- change before the earlier snapshot, since that is counted, too, but at most an hour before the snapshot.
-- Parameters: counted, the row
-- Returns: the time
create or replace function ops.counted_time(counted ops.line_counts) returns tstzrange
language sql
immutable
as $$
    select tstzrange(
        least(counted.from_at, greatest(counted.from_change_at, counted.from_at - interval '1 h')),
        counted.until_at
    );
$$;

comment on function ops.counted_time is 'The time in which a change lies that a count finds lost or invented.';
