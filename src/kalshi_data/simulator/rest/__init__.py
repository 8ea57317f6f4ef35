"""The simulator's REST paths."""
