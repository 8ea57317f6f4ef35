"""Everybody's tools read what a demo left in its archive."""
