"""From frames to committed rows."""
