-- Decide whether the archive can hold a list of numbers exactly: one dimension, none of them null.
-- Parameters: list; digits and places as for ops.is_amount
-- Returns: whether it fits; true for null
create or replace function ops.are_amounts(list numeric[], digits integer, places integer) returns boolean
language sql
immutable
parallel safe
as $$
    select coalesce(array_ndims(list), 1) = 1 and coalesce(
        (select bool_and(each is not null and ops.is_amount(each, digits, places)) from unnest(list) as l (each)), true
    );
$$;

comment on function ops.are_amounts is 'Whether the archive can hold a list of numbers exactly.';
