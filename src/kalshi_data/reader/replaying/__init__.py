"""Reads a window of the archive in the order of time, with the order books at its beginning: what a replay needs."""
