"""The merge tick of each stream."""
