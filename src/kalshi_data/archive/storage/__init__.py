"""Stores of the archive's objects: a folder or an S3 bucket."""
