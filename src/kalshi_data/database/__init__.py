"""PostgreSQL: connections, SQL files by name, and migrations."""
