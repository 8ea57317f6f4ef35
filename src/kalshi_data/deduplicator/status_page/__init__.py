"""The pages of the deduplicator: overview, completeness, gaps, archive, books and days of markets."""
