"""The merge of each stream."""
