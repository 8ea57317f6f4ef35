-- Create the function that reads prices or sizes of a published order-book snapshot, in any format ever sent.
-- Parameters of the function: msg, the body; side, yes or no; part, 0 for prices in dollars, 1 for sizes in contracts
-- Writes: pg_temp.sent_levels
-- Returns: nothing; the function returns the numbers in the order sent, with null for one that cannot be read
create or replace function pg_temp.sent_levels(msg jsonb, side text, part integer) returns numeric[]
language sql
immutable
as $$
    with
    format as (
        select f.levels
        from (
            values (1, msg -> (side || '_dollars_fp')), (2, msg -> (side || '_dollars')), (3, msg -> side)
        ) as f (place, levels)
        where coalesce(f.levels, 'null') not in ('null', '[]', '""')
        order by f.place
        fetch first row only
    ),

    level as (
        select
            l.place,
            case when jsonb_typeof(l.pair) = 'array' and jsonb_array_length(l.pair) = 2 then l.pair -> part end as value
        from format as f
        cross join jsonb_array_elements(case jsonb_typeof(f.levels) when 'array' then f.levels else '[0]' end)
            with ordinality as l (pair, place)
        where l.pair <> 'null'
    )

    select coalesce(
        array_agg(
            pg_temp.sent_amount(
                case jsonb_typeof(value) when 'string' then value end, value, case part when 0 then 100 else 1 end
            )
            order by place
        ),
        '{}'
    )
    from level;
$$;
