-- Write the expression that finds out why a row does not fit into a table or into the archive. It follows from the
-- table's definition: what may be null, its checks, what is indexed, and what each type holds in the archive.
-- Parameters: target, the table that rows go to; source, the table that holds them, with some of its columns
-- Reads: the catalog
-- Returns: an expression over the alias t: the reason, or null if the row fits
create or replace function ops.misfit_expression(target regclass, source regclass) returns text
language sql
stable
as $$
    with
    held as (
        select
            a.attnum, a.attname, a.atttypid, a.attnotnull, format('t.%I', a.attname) as name,
            -- Values of indices are in any unit; prices are in dollars and sizes in contracts.
            case when target = to_regclass('market_data.index_values') then '20, 18' else '12, 6' end as bounds,
            exists (
                select from pg_index as i where i.indrelid = target and a.attnum = any(i.indkey)
            ) as is_indexed
        from pg_attribute as a
        inner join pg_attribute as s on a.attname = s.attname
        where a.attrelid = target and a.attnum > 0 and not a.attisdropped and s.attrelid = source and s.attnum > 0
    ),

    rule as (
        select h.attnum, format('%s is null', h.name) as condition, h.attname || ' is missing' as problem
        from held as h
        where h.attnotnull
        union all
        select
            h.attnum, format('not ops.is_amount(%s, %s)', h.name, h.bounds),
            format('%s has too many digits: at most %s before and after the point', h.attname, h.bounds)
        from held as h
        where h.atttypid = 'numeric'::regtype
        union all
        select
            h.attnum, format('not ops.are_amounts(%s, %s)', h.name, h.bounds),
            format('%s has too many digits: at most %s before and after the point', h.attname, h.bounds)
        from held as h
        where h.atttypid = 'numeric[]'::regtype
        union all
        select
            h.attnum, format('cardinality(%s) <> cardinality(t.%I)', h.name, replace(h.attname, '_prices', '_sizes')),
            h.attname || ' are not as many as their sizes'
        from held as h
        where h.attname like '%\_prices'
        union all
        select h.attnum, format('octet_length(%s) <> 32', h.name), h.attname || ' is no SHA-256'
        from held as h
        where h.atttypid = 'bytea'::regtype
        union all
        select h.attnum, format('ops.known_time(%s) is null', h.name), h.attname || ' is not in the years 1900 to 9999'
        from held as h
        where h.atttypid = 'timestamptz'::regtype and h.attnotnull
        union all
        select h.attnum, format('octet_length(%s) > 1000', h.name), h.attname || ' is longer than 1,000 bytes'
        from held as h
        where h.atttypid = 'text'::regtype and h.is_indexed
        union all
        select
            1000, format('(%s) is false', pg_get_expr(c.conbin, c.conrelid)), 'the table''s check fails: ' || c.conname
        from pg_constraint as c
        where c.conrelid = target and c.contype = 'c'
    )

    select format(
        'case %s end', string_agg(format('when %s then %L', r.condition, r.problem), ' ' order by r.attnum, r.condition)
    )
    from rule as r;
$$;

comment on function ops.misfit_expression is
'The expression that finds out why a row does not fit into a table or into the archive.';
