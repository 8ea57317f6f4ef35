"""Drills that are too long for each change: run them by hand before a release, as tests/README.md says."""
