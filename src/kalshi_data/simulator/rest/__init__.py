"""The simulator's REST interface."""
