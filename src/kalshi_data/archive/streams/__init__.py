"""The streams of the archive that production derives, and what all streams are described with."""
