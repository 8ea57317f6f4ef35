"""The completeness command: what production holds, and what is proven of it."""
