"""The files of an archive: which exist, and the rows in them that are wanted."""
