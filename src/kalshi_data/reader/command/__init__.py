"""The command `reader`: what it is asked, and what it prints."""
