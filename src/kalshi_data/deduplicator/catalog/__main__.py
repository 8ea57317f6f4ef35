"""Runs the catalogue's program: python -m kalshi_data.deduplicator.catalog."""

from kalshi_data.cli.entry_point import start


def main() -> None:
    """Run its command line."""
    start("catalog", package="deduplicator.catalog")


if __name__ == "__main__":
    main()
