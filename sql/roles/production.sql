-- Create the roles of the production database if they are missing; the deployment sets their passwords.
-- kalshi_owner migrates; deduplicator writes; reader reads market_data in bounded sessions; exporter archives it. As
-- status_page, which has no sessions of its own, the deduplicator reads what its page shows.
-- prometheus is the monitoring of the host.
-- ansible/group_vars/production.yml has the same limits and settings.
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
    if not exists (select from pg_roles where rolname = 'status_page') then
        create role status_page login;
    end if;
    if not exists (select from pg_roles where rolname = 'prometheus') then
        create role prometheus login;
    end if;
end;
$$;

-- Together they stay below the server's max_connections, or one role could keep the others out. The deduplicator opens
-- 20; its successor may have to start while the sessions of a lost host still wait for their end.
alter role kalshi_owner connection limit 10;
alter role deduplicator connection limit 50;
alter role exporter connection limit 15;
alter role status_page connection limit 0;
alter role prometheus connection limit 2;
alter role prometheus set statement_timeout = '10s';
grant status_page to deduplicator;

-- Readers may be people: no query of theirs may hold back vacuum or fill the disk for long.
alter role reader connection limit 20;
alter role reader set statement_timeout = '30min';
alter role reader set lock_timeout = '30s';
alter role reader set idle_in_transaction_session_timeout = '10min';
alter role reader set idle_session_timeout = '24h';

do $$
begin
    alter role reader set temp_file_limit = '20GB';
exception
    when insufficient_privilege then
        raise notice 'temp_file_limit of reader is not set, since only a superuser may';
end;
$$;

-- The monitoring of the host sees in which state sessions are, and no row of any table.
do $$
begin
    grant pg_read_all_stats to prometheus;
exception
    when insufficient_privilege then
        raise notice 'prometheus cannot see the state of sessions, and counts them as other';
end;
$$;
