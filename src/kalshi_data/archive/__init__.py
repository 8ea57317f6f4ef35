"""The archive: what production holds as Parquet files that can be proven equal to it. Part of the deduplicator."""
