-- Write the statements that drop views and functions: one for all views, since views may depend on each other.
-- Parameters: views text[], functions text[], names with their schema; every function of a name is dropped
-- Returns: statement, in the order in which they work
select d.statement
from (
    select
        1 as place,
        'drop view ' || string_agg(c.oid::regclass::text, ', ') as statement
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.relkind = 'v' and n.nspname || '.' || c.relname in (select unnest(%(views)s::text[]))
    having count(*) > 0
    union all
    select
        2 as place,
        'drop function ' || p.oid::regprocedure::text as statement
    from pg_proc as p
    inner join pg_namespace as n on p.pronamespace = n.oid
    where n.nspname || '.' || p.proname in (select unnest(%(functions)s::text[]))
) as d
order by d.place, d.statement;
