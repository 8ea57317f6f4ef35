-- Try to become the one deduplicator that merges a stream, or a shard of it, for as long as this connection lasts.
-- Parameters: stream text, shard text
-- Returns: true, or false where another connection merges it
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext(%(stream)s || ' ' || %(shard)s));
