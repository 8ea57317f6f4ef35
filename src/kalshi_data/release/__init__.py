"""Build the single-file programs that are installed on hosts; this package is in no release."""
