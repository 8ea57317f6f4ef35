-- Bring TimescaleDB in this database to the version of the server's library; it changes nothing if they are the same.
-- A superuser runs this. It must be the first statement of its session, because any other one loads the former library.
alter extension timescaledb update;
