"""The whole platform on one machine, with a comparison at the end."""
