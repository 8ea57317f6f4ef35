"""The status page of a program: pages for a browser, beside /health and /metrics."""
