-- What the deduplicator's role may do here: read schema sync, and nothing else.
grant usage on schema sync to dedup_reader;
grant select on all tables in schema sync to dedup_reader;
