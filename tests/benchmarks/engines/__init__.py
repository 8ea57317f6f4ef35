"""The same questions to several engines over the same files, and to production."""
