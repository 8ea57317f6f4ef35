-- Create the roles of a gatherer's cluster where they are missing; passwords are set by whoever deploys.
-- gatherer owns kalshi_ts and kalshi_meta; dedup_reader may read schema sync there and nothing else.
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
