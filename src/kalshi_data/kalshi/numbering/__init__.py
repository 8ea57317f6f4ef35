"""Numbers the deltas of a connection, so that the merge keeps every one of several equal changes."""
