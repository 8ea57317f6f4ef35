"""The order books of all markets at one moment, as tables."""
