"""Runs the gatherer: python -m kalshi_data.gatherer."""

from kalshi_data.cli.entry_point import start


def main() -> None:
    """Run its command line."""
    start("gatherer")


if __name__ == "__main__":
    main()
