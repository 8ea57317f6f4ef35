-- Read prices or sizes out of an order-book snapshot in any format that the exchange has ever sent.
-- Parameters: msg, the body; side, yes or no; part, 0 for prices in dollars, 1 for sizes in contracts
-- Returns: the numbers in the order sent, empty for an empty side
create or replace function ops.published_levels(msg jsonb, side text, part integer) returns numeric[]
language sql
immutable
as $$
    select coalesce(array_agg((l.level ->> part)::numeric / s.divisor order by l.place), '{}')
    from (
        select
            coalesce(msg -> (side || '_dollars_fp'), msg -> (side || '_dollars'), msg -> side) as levels,
            case when part = 0 and not msg ?| array[side || '_dollars_fp', side || '_dollars'] then 100 else 1 end
                as divisor
    ) as s
    cross join jsonb_array_elements(nullif(s.levels, 'null')) with ordinality as l (level, place);
$$;

comment on function ops.published_levels is
'Prices or sizes of a published order-book snapshot, in any of its formats.';
