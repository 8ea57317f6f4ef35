-- Create the roles of the production database if they are missing; the deployment sets their passwords.
-- kalshi_owner migrates; deduplicator writes; reader reads schema market_data; exporter archives it.
do $$
begin
    if not exists (select from pg_roles where rolname = 'kalshi_owner') then
        create role kalshi_owner login;
    end if;
    if not exists (select from pg_roles where rolname = 'deduplicator') then
        create role deduplicator login;
    end if;
    if not exists (select from pg_roles where rolname = 'reader') then
        create role reader login;
    end if;
    if not exists (select from pg_roles where rolname = 'exporter') then
        create role exporter login;
    end if;
end;
$$;
