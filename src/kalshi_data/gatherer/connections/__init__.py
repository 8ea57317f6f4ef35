"""Connections to the exchange's feed and what is subscribed on each."""
