"""What the hosts reach outside of the platform: the exchange, the archive, and the services of their cloud."""
