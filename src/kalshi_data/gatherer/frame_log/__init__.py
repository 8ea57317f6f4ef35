"""The frame log: every frame as it was received, with its time, on the gatherer's own disk."""
