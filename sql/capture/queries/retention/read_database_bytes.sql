-- Read how much disk space this database takes.
-- Reads: the file system, through pg_database_size
-- Returns: bytes
select pg_database_size(current_database()) as database_bytes;
