-- Create the roles of a gatherer's cluster if they are missing; the deployment sets their passwords.
-- gatherer owns kalshi_ts and kalshi_meta; dedup_reader may only read schema sync there.
do $$
begin
    if not exists (select from pg_roles where rolname = 'gatherer') then
        create role gatherer login;
    end if;
    if not exists (select from pg_roles where rolname = 'dedup_reader') then
        create role dedup_reader login;
    end if;
end;
$$;
