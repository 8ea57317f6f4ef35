"""Which order books to subscribe to, and the registry of series, events and markets."""
