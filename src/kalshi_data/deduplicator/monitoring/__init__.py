"""How the deduplicator measures and reports its health."""
