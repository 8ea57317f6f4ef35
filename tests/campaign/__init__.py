"""Faults by seed on the whole platform: what a seed decides, who carries it out, and what must hold in the end."""
