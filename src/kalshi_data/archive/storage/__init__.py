"""Where the archive's objects lie: a folder, or a bucket of S3."""
