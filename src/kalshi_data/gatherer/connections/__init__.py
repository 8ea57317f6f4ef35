"""Connections to the exchange's feed, and the subscriptions of each."""
