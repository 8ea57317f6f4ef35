-- List objects that the functions and views of a component should have created, but that do not exist.
-- Parameters: kinds text[]: function, view or trigger; names text[], each with its schema, a trigger's with its table
-- Returns: kind and name of each
select
    o.kind,
    o.name
from unnest(%(kinds)s::text[], %(names)s::text[]) as o (kind, name)
except all
select distinct
    'function' as kind,
    n.nspname || '.' || p.proname as name
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
except all
select
    'view' as kind,
    n.nspname || '.' || c.relname as name
from pg_class as c
inner join pg_namespace as n on c.relnamespace = n.oid
where c.relkind = 'v'
except all
select
    'trigger' as kind,
    n.nspname || '.' || c.relname || '.' || t.tgname as name
from pg_trigger as t
inner join pg_class as c on t.tgrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid;
