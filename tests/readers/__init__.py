"""Common tools read the archive of a demo."""
