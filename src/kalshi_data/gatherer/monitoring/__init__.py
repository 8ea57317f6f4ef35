"""How a gatherer measures and reports its health."""
