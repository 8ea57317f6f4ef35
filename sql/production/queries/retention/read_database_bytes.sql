-- Read how much space production's database takes.
-- Reads: the file system, through pg_database_size
-- Returns: bytes
select pg_database_size(current_database()) as database_bytes;
