"""Records every Kalshi market three times over, merges it once and proves what it holds."""
