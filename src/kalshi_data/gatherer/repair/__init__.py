"""Add what was missed: fetch trades over REST, and decode frames of the log again."""
