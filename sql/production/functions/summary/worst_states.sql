-- Find the worst state in each part of a day, in parts of equal length.
-- Parameters: a market's minutes by state; of_day; cells, in how many parts the day is divided
-- Returns: the state by the number of the part, counted from 0; parts without a state are left out
create or replace function ops.worst_states(
    gap tstzmultirange,
    repaired tstzmultirange,
    covered tstzmultirange,
    proven tstzmultirange,
    halted tstzmultirange,
    idle tstzmultirange,
    of_day date,
    cells integer
) returns jsonb
language sql
stable
as $$
    select coalesce(jsonb_object_agg(w.cell, w.state) filter (where w.state is not null), '{}')
    from (
        select
            c.cell,
            case
                when gap && c.during then 'gap'
                when repaired && c.during then 'repaired'
                when covered && c.during then 'covered'
                when proven && c.during then 'proven'
                when halted && c.during then 'halted'
                when idle && c.during then 'idle'
            end as state
        from (
            select
                g.cell,
                tstzrange(d.from_at + g.cell * d.length, d.from_at + (g.cell + 1) * d.length) as during
            from generate_series(0, cells - 1) as g (cell)
            cross join (
                select
                    of_day::timestamp at time zone 'UTC' as from_at,
                    make_interval(secs => 86400.0 / cells) as length
            ) as d
        ) as c
    ) as w
$$;

comment on function ops.worst_states is 'The worst state in each part of a day of one market.';
