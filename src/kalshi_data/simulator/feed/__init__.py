"""The simulator's WebSocket feed."""
