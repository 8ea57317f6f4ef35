-- Read in which folder of this host the server keeps its files, to see how much space its disk has.
-- Reads: the server's settings
-- Returns: the folder; null if the server is on another host, or this role may not read the server's settings
select
    case
        when
            pg_has_role('pg_read_all_settings', 'usage')
            and (inet_server_addr() is null or inet_server_addr() = inet_client_addr())
            then current_setting('data_directory')
    end as data_directory;
