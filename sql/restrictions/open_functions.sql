-- List what functions.sql would change in this database; it lists none once the restrictions apply.
-- Returns: routine
select p.oid::regprocedure::text as routine
from pg_proc as p
cross join pg_database as d
where
    d.datname = current_database()
    and p.pronamespace = 'pg_catalog'::regnamespace
    and (
        (
            p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea')
            and has_function_privilege('public', p.oid, 'execute')
        )
        or (
            p.proname ~ '^(pg_(try_)?advisory_|pg_current_xact_id$|txid_current$)'
            and (
                has_function_privilege('public', p.oid, 'execute')
                or not has_function_privilege(d.datdba, p.oid, 'execute')
            )
        )
    )
order by routine;
