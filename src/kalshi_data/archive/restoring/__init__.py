"""Brings rows of the archive back to production."""
