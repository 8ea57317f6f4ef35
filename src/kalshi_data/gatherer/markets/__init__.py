"""Which order books are wanted, and what the registry keeps of series, events and markets."""
