"""What was missed, fetched or derived later."""
