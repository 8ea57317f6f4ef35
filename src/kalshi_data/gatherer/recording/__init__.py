"""Records frames: from the frame log to committed rows."""
