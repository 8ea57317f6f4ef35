"""Registers the archive's hours in Iceberg tables, so that engines agree on the files that belong to a stream."""
