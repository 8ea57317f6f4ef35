-- Decide whether the archive can hold a number exactly. This is the one bound on prices, sizes and values of indices.
-- Parameters: value; digits, how many it may have before the point; places, how many after it, trailing zeros not
-- counted
-- Returns: whether it fits; true for null
create or replace function ops.is_amount(value numeric, digits integer, places integer) returns boolean
language sql
immutable
parallel safe
as $$
    -- Nearly all numbers have few places, and comparing costs least. NaN and infinity have no scale. Zeros behind the
    -- places are harmless up to what a decimal of 38 digits holds.
    select coalesce(
        case
            when scale(value) <= places then value > -(10::numeric ^ digits) and value < 10::numeric ^ digits
            else abs(value) < 10::numeric ^ digits and scale(value) <= 38 - digits and round(value, places) = value
        end,
        true
    );
$$;

comment on function ops.is_amount is 'Whether the archive can hold a number exactly.';
