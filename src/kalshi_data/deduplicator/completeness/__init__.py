"""The completeness command: what production holds, and what is proven to be complete."""
