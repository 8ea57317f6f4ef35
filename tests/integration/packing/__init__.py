"""Packed hours hold what the hot ones held."""
