"""Runs the deduplicator: python -m kalshi_data.deduplicator."""

from kalshi_data.cli.entry_point import start


def main() -> None:
    """Run its command line."""
    start("deduplicator")


if __name__ == "__main__":
    main()
