-- The one contract with the deduplicator: views in schema sync, the only place its role may look.
create schema sync;
