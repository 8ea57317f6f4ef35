"""Makes the single-file programs that are installed on hosts; part of the checkout only."""
