-- Try to become the one deduplicator that merges a stream, or a shard of it, until this connection ends.
-- Parameters: stream text, shard text
-- Returns: true, or false if another connection merges it
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext(%(stream)s || ' ' || %(shard)s));
