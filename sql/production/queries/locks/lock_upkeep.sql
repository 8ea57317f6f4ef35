-- Try to become the one deduplicator that proves and cleans up, for as long as this connection lasts.
-- Returns: true, or false where another connection does
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext('upkeep'));
