-- Try to become the one deduplicator that does the upkeep, until this connection ends.
-- Returns: true, or false if another connection does
select pg_try_advisory_lock(hashtext('deduplicator'), hashtext('upkeep'));
