"""Runs the simulator: python -m kalshi_data.simulator."""

from kalshi_data.cli.entry_point import start


def main() -> None:
    """Run its command line."""
    start("simulator")


if __name__ == "__main__":
    main()
