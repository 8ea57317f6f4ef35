"""Runs the deduplicator: python -m kalshi_data.deduplicator."""

from kalshi_data.start import start


def main() -> None:
    """Run its command line."""
    start("deduplicator")


if __name__ == "__main__":
    main()
