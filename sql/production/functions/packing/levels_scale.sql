-- Find how many decimal places the amounts of an order book have, if arrays of whole numbers can hold them.
-- Parameters: amounts, prices or sizes of all levels; units_max, the largest number that an array holds
-- Returns: the decimal places of all of them, 0 if there are none; null if arrays cannot hold them: more than four
-- places, different numbers of places, no number, or a number that is too large or negative
create or replace function ops.levels_scale(amounts numeric[], units_max integer) returns smallint
language sql
immutable
parallel safe
as $$
    select
        case
            when count(*) = 0 then 0
            when
                count(*) = count(scale(a.amount)) and min(scale(a.amount)) = max(scale(a.amount))
                and max(scale(a.amount)) <= 4 and min(a.amount) >= 0
                and max(a.amount) * ('{1,10,100,1000,10000}'::integer[])[max(scale(a.amount)) + 1] <= units_max
                then max(scale(a.amount))
        end::smallint
    from unnest(amounts) as a (amount);
$$;

comment on function ops.levels_scale is 'How many decimal places the amounts of an order book have.';
