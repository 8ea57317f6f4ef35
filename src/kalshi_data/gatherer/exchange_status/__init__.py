"""What the exchange says of itself: asked at intervals, stored, and used by health."""
