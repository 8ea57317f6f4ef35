"""What all commands share: how their help looks, and the options that name the archive and the range of time."""

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

from kalshi_data.reader.archive import Archive, open_archive
from kalshi_data.reader.book import NOT_RECORDED
from kalshi_data.reader.command.shown import ReadProgress
from kalshi_data.reader.files.missing_hours import HoursMissing

# argparse has no public name for what add_subparsers returns.
Subparsers: TypeAlias = Any
ARCHIVE = "archive/parquet"
TIMES = "times are UTC: 2026-11-02, 2026-11-02T15:30, 2026-11-02T15:30:00.5Z"


def add_command(commands: Subparsers, name: str, text: str, examples: Sequence[str]) -> argparse.ArgumentParser:
    """Add a command whose help ends with examples, one a line."""
    summary = text.partition(";")[0].rstrip(".")
    return commands.add_parser(
        name,
        help=summary[0].lower() + summary[1:],
        description=text,
        epilog=f"{TIMES}\n\nexample:\n{example_lines(examples)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def example_lines(examples: Sequence[str]) -> str:
    """Return examples, one a line."""
    return "\n".join(f"  {each}" for each in examples)


def add_archive_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the archive."""
    parser.add_argument("--archive", default=ARCHIVE, help="folder or s3://BUCKET/PREFIX (default: %(default)s)")
    parser.add_argument("--region", help="region of the bucket")
    parser.add_argument("--endpoint", help="address of an S3 store other than Amazon's")
    parser.add_argument("--anonymous", action="store_true", help="use no credentials")


def add_range_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a half-open range of time."""
    parser.add_argument("--from", dest="start", required=True, metavar="TIME", help="first moment")
    parser.add_argument("--to", dest="end", required=True, metavar="TIME", help="moment after the last one")


def opened(chosen: argparse.Namespace, unit: str = "files") -> Archive:
    """Open the archive, with a progress that counts `unit`; report missing hours in a line of their own."""
    warnings.showwarning = show_warning
    warnings.simplefilter("always", HoursMissing)
    given = {"region": chosen.region, "endpoint_override": chosen.endpoint, "anonymous": chosen.anonymous or None}
    return open_archive(chosen.archive, ReadProgress(unit), **{name: each for name, each in given.items() if each})


def not_recorded(market: str) -> str:
    """Return the report that the archive has nothing of a market in a range of time."""
    return f"{market}: {NOT_RECORDED} in that time: check the ticker, or choose another range"


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning as one line."""
    print(f"reader: {message}", file=sys.stderr)  # noqa: T201
