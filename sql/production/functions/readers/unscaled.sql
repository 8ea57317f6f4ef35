-- Write whole numbers as decimals again.
-- Parameters: units, numbers in units of their last place; scale, how many decimal places they have, 0 to 4
-- Returns: the decimals
create or replace function market_data.unscaled(units integer[], scale smallint) returns numeric[]
language sql
immutable
parallel safe
as $$
    select coalesce(
        array_agg(u.unit * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[scale + 1] order by u.number), '{}'
    )
    from unnest(units) with ordinality as u (unit, number);
$$;

comment on function market_data.unscaled is 'Whole numbers as decimals again.';
