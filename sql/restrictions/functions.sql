-- Let only the owner of this database take advisory locks and numbers of transactions, and no role keep large objects;
-- PostgreSQL allows every role all of it. A number held by an open transaction holds back the rows that come after it.
-- A superuser runs this in each database. A server whose administrator is no superuser refuses it with warnings; there
-- such locks block nothing but the start of a gatherer, and large objects count like any other use of the disk.
do $$
declare
    owner_name name;
    routine regprocedure;
begin
    select pg_get_userbyid(datdba) into strict owner_name from pg_database where datname = current_database();
    revoke execute on function lo_creat, lo_create, lo_from_bytea from public;
    for routine in
        select oid from pg_proc
        where
            pronamespace = 'pg_catalog'::regnamespace
            and proname ~ '^(pg_(try_)?advisory_|pg_current_xact_id$|txid_current$)'
    loop
        execute format('revoke execute on function %s from public', routine);
        execute format('grant execute on function %s to %I', routine, owner_name);
    end loop;
end;
$$;
