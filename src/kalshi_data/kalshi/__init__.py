"""The protocol of the exchange: signatures, REST, the WebSocket feed and its messages; no policy."""
