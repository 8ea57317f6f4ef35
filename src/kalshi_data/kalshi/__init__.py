"""The protocol of the exchange, without policy: signatures, REST, the WebSocket feed and its messages."""
