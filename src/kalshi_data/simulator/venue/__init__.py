"""What the simulated exchange knows of its markets."""
