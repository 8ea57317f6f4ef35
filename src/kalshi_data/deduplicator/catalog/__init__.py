"""The program that registers the archive in an Iceberg catalogue, on hosts where the deduplicator is a single file."""
