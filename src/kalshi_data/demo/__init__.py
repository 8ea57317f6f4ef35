"""The whole platform on one machine, with a verdict at the end."""
