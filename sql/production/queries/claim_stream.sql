-- Try to become the one deduplicator that merges a stream, for as long as this connection lasts.
-- Parameters: stream text
-- Returns: true, or false where another connection merges it
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext(%(stream)s));
