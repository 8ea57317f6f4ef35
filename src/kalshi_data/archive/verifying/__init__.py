"""What verify finds, and which hours an archive lacks."""
