-- Create the roles of a gatherer's cluster if they are missing; the deployment sets their passwords.
-- gatherer owns kalshi_ts and kalshi_meta; dedup_reader may only read schema sync there, in bounded sessions. As
-- status_page, which has no sessions of its own, the gatherer reads what its page shows.
-- prometheus is the monitoring of the host.
-- ansible/group_vars/gatherer.yml has the same limits and settings.
do $$
begin
    if not exists (select from pg_roles where rolname = 'gatherer') then
        create role gatherer login;
    end if;
    if not exists (select from pg_roles where rolname = 'dedup_reader') then
        create role dedup_reader login;
    end if;
    if not exists (select from pg_roles where rolname = 'status_page') then
        create role status_page login;
    end if;
    if not exists (select from pg_roles where rolname = 'prometheus') then
        create role prometheus login;
    end if;
end;
$$;

-- A gatherer opens 12 connections. A deduplicator opens some 15; a lost one leaves as many for half a minute. Together
-- they stay below the server's max_connections, or one role could keep the others out.
alter role gatherer connection limit 35;
alter role dedup_reader connection limit 60;
alter role status_page connection limit 0;
alter role prometheus connection limit 2;
alter role prometheus set statement_timeout = '10s';
grant status_page to gatherer;
alter role dedup_reader set statement_timeout = '60s';
alter role dedup_reader set lock_timeout = '10s';
alter role dedup_reader set idle_in_transaction_session_timeout = '60s';
alter role dedup_reader set idle_session_timeout = '1h';

-- The gatherer asks where the server keeps its files, so that it can see how much space their disk has.
do $$
begin
    grant pg_read_all_settings to gatherer;
exception
    when insufficient_privilege then
        raise notice 'gatherer cannot see where the server keeps its files, and does not watch their disk';
end;
$$;

do $$
begin
    alter role dedup_reader set temp_file_limit = '4GB';
exception
    when insufficient_privilege then
        raise notice 'temp_file_limit of dedup_reader is not set, since only a superuser may';
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
