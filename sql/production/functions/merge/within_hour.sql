-- Make a range of the time in which something was said, which ends at the latest with the hour in which it begins.
-- Parameters: from_at; until_at, which may lie before it if a clock was set back
-- Returns: the range, with both ends
create or replace function ops.within_hour(from_at timestamptz, until_at timestamptz) returns tstzrange
language sql
immutable
as $$
    select tstzrange(
        from_at,
        least(greatest(from_at, until_at), date_bin('1 h', from_at, '2000-01-01 00:00:00+00') + interval '59 min 59.999999 s'),
        '[]'
    );
$$;

comment on function ops.within_hour is 'A range of time that ends at the latest with the hour in which it begins.';
