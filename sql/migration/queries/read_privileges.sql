-- Digest who may do what in this database, so that a grant that is lost or new is noticed. Partitions are left out,
-- since they come and go, and so is what belongs to PostgreSQL and its extensions.
-- Reads: the catalogue
-- Returns: the sha256 in hexadecimal
with own as (
    select
        oid,
        nspname,
        nspacl
    from pg_namespace
    where nspname !~ '^(pg_|_?timescaledb|information_schema$)'
),

granted as (
    select
        'database' as object,
        d.datacl as items
    from pg_database as d
    where d.datname = current_database()
    union all
    select
        'schema ' || o.nspname as object,
        o.nspacl as items
    from own as o
    union all
    select
        'relation ' || o.nspname || '.' || c.relname as object,
        c.relacl as items
    from pg_class as c
    inner join own as o on c.relnamespace = o.oid
    where not c.relispartition
    union all
    select
        'column ' || o.nspname || '.' || c.relname || '.' || a.attname as object,
        a.attacl as items
    from pg_attribute as a
    inner join pg_class as c on a.attrelid = c.oid
    inner join own as o on c.relnamespace = o.oid
    where not c.relispartition and a.attacl is not null
    union all
    select
        'function ' || o.nspname || '.' || p.proname as object,
        p.proacl as items
    from pg_proc as p
    inner join own as o on p.pronamespace = o.oid
)

select
    encode(sha256(convert_to(coalesce(string_agg(
        g.object || ' ' || i.item::text, chr(10) order by g.object, i.item::text
    ), ''), 'UTF8')), 'hex') as privileges
from granted as g
cross join lateral unnest(g.items) as i (item);
