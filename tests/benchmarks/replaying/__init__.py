"""How fast a window of an archive begins to play, and in how much memory."""
