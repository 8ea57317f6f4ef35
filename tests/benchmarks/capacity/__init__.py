"""Hours of the busiest day that the platform must carry, through the real steps, on production's settings."""
