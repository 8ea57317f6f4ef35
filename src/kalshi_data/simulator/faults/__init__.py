"""Faults that the simulator plays."""
