"""Plays a window of an archive to clients of the exchange's own protocol."""
