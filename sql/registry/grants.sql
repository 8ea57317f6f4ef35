-- What the deduplicator's role may do here: read schema sync and ask it how far behind it is, and nothing else.
grant usage on schema sync to dedup_reader;
grant select on all tables in schema sync to dedup_reader;
grant execute on function sync.lag to dedup_reader;
