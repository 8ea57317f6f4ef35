-- What the deduplicator's role may do here: read schema sync, ask how far behind it is, and say what is merged.
grant usage on schema sync to dedup_reader;
grant select on all tables in schema sync to dedup_reader;
grant execute on function sync.lag to dedup_reader;
grant execute on function sync.acknowledge to dedup_reader;
