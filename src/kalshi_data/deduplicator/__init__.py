"""The program that merges what the gatherers hold into production, each fact once."""
