"""The commands of the reader, with their options and examples."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import argparse
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.book import NOT_RECORDED, Absent
from kalshi_data.reader.command import exports, plots
from kalshi_data.reader.command.archive_options import (
    add_archive_options,
    add_command,
    add_range_options,
    example_lines,
    not_recorded,
    opened,
)
from kalshi_data.reader.command.shown import print_json, print_rows
from kalshi_data.reader.files.hour_files import inner_folder, require_archive
from kalshi_data.reader.files.selection import WILDCARDS
from kalshi_data.version import describe

Chosen = argparse.Namespace
# A view may read those before it.
SQL_FILES = (
    "utc_day",
    "trades",
    "deltas",
    "snapshots",
    "tickers",
    "lifecycle",
    "lifecycle_said",
    "settlements",
    "markets_listed",
    "markets",
    "markets_history",
    "hours_recorded",
    "recorded_since",
    "book_at",
    "books_at",
    "candles",
    "markets_known",
    "markets_at",
)


def book(chosen: Chosen) -> int:
    """Print the book of a market at a moment."""
    found = opened(chosen).book(chosen.market, chosen.at)
    if isinstance(found, Absent):
        if chosen.json:
            print_json({"market": found.market, "absent": found.reason})
        else:
            print(f"{found.market}: the book is not known: {found.reason}", file=sys.stderr)  # noqa: T201
        return 1
    sides = {"bids": found.bids(chosen.depth), "asks": found.asks(chosen.depth)}
    if chosen.json:
        levels = {side: [each._asdict() for each in held] for side, held in sides.items()}
        print_json({"market": found.market, "at": found.at, "clock": found.clock, **levels})
        return 0
    # Asks stand above bids, the best of each in the middle.
    rows = [{"side": "ask", **each._asdict()} for each in reversed(sides["asks"])]
    rows += [{"side": "bid", **each._asdict()} for each in sides["bids"]]
    print_rows(rows, ("side", "price", "size"))
    return 0


def candles(chosen: Chosen) -> int:
    """Print the candles of a market; the exit status is 1 if the archive has nothing of it in that time."""
    archive = opened(chosen)
    found = archive.candles(chosen.market, chosen.start, chosen.end, chosen.every)
    if not any(found["is_known"].to_pylist()) and not archive.is_recorded(chosen.market, chosen.start, chosen.end):
        return show_not_recorded(chosen)
    return show_table(chosen, found)


def coverage(chosen: Chosen) -> int:
    """Print which minutes are proven, and which are not; the exit status is 1 if there is nothing of a market."""
    archive = opened(chosen)
    found = archive.coverage(chosen.start, chosen.end, chosen.market)
    unknown = set(chosen.market or ()) - set(found["market_ticker"].to_pylist())
    for each in sorted(market for market in unknown if not WILDCARDS.search(market)):
        if not archive.is_recorded(each, chosen.start, chosen.end):
            chosen.market = each
            return show_not_recorded(chosen)
    return show_table(chosen, found)


def prove(chosen: Chosen) -> int:
    """Print what each snapshot says of the changes before it; the exit status is 1 if one of them is wrong.

    It is 1, too, if the archive has nothing of the market in that time.
    """
    archive = opened(chosen)
    found = archive.prove(chosen.market, chosen.start, chosen.end)
    if len(found) == 1 and not archive.is_recorded(chosen.market, chosen.start, chosen.end):
        return show_not_recorded(chosen)
    rows = [each._asdict() for each in found]
    if chosen.json:
        print_json(rows)
    else:
        print_rows(rows, ("from_at", "to_at", "state", "wrong_levels"))
    return 1 if any(each.state == "wrong" for each in found) else 0


def streams(chosen: Chosen) -> int:
    """Print what the archive holds."""
    found = [each._asdict() for each in opened(chosen).streams().values()]
    if not any(row["files"] for row in found):
        remedy = "name the folder or s3://BUCKET/PREFIX that holds _manifests, trades and so on"
        raise ArchiveError(f"{chosen.archive} holds no manifest of an archive: {remedy}")
    if chosen.json:
        print_json(
            [{**row, "columns": {name: each._asdict() for name, each in row["columns"].items()}} for row in found]
        )
    else:
        print_rows(found, ("name", "first_at", "until_at", "files", "rows", "bytes"))
    return 0


def sql(chosen: Chosen) -> int:
    """Print views and macros for DuckDB; without --archive set the variable archive before them."""
    folder: Any = files("kalshi_data").joinpath("sql", "duckdb")
    # In a checkout the SQL lies beside the sources.
    if not folder.is_dir():
        folder = Path(__file__).parents[4] / "sql" / "duckdb"
    if chosen.archive:
        place = chosen.archive
        if "://" not in place:
            named = Path(place).absolute()
            require_archive(named)
            place = str(inner_folder(named))
        quoted = place.replace("'", "''")
        print(f"set variable archive = '{quoted}';\n")  # noqa: T201
    print("-- Files and times are in UTC.\nset timezone = 'UTC';\n")  # noqa: T201
    print("\n".join(folder.joinpath(f"{name}.sql").read_text() for name in SQL_FILES), end="")  # noqa: T201
    return 0


def show_not_recorded(chosen: Chosen) -> int:
    """Report that the archive has nothing of a market, and return the exit status."""
    if chosen.json:
        print_json({"market": chosen.market, "absent": NOT_RECORDED})
    else:
        print(f"reader: {not_recorded(chosen.market)}", file=sys.stderr)  # noqa: T201
    return 1


def show_table(chosen: Chosen, table: pa.Table) -> int:
    """Print a table for people or for programs."""
    rows = table.to_pylist()
    if chosen.json:
        print_json(rows)
    else:
        print_rows(rows, table.column_names)
    return 0


EXAMPLES = {
    book: "reader book KXHIGHNY-26NOV02-T56 2026-11-02T15:30 --archive archive/parquet --depth 5",
    candles: "reader candles KXHIGHNY-26NOV02-T56 --from 2026-11-02T15:00 --to 2026-11-02T16:00 --every 5m",
    coverage: "reader coverage --from 2026-11-02T15:00 --to 2026-11-02T16:00 --market 'KXFED-*' --json",
    prove: "reader prove KXHIGHNY-26NOV02-T56 --from 2026-11-02T15:00 --to 2026-11-02T16:00",
    streams: "reader streams --archive s3://BUCKET/parquet --region us-east-1",
    sql: "reader sql > kalshi.sql",
}
RANGED = (candles, coverage, prove)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    text = "Read an archive: books, candles, what is proven, and rows, from files alone."
    examples = example_lines([*EXAMPLES.values(), *exports.EXAMPLES.values(), *plots.EXAMPLES.values()])
    parser = argparse.ArgumentParser("reader", description=text, epilog=f"examples:\n{examples}")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--version", action="version", version=describe("reader"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, example in EXAMPLES.items():
        added = add_command(commands, function.__name__, function.__doc__ or "", [example])
        added.set_defaults(run=function)
        add_options(added, function)
    exports.add_export(commands)
    plots.add_plot(commands)
    return parser


def add_options(parser: argparse.ArgumentParser, function: Any) -> None:
    """Add the options of a command that reads an archive."""
    if function in (book, candles, prove):
        parser.add_argument("market", help="ticker of a market")
    if function is book:
        parser.add_argument("at", help="the moment")
        parser.add_argument("--depth", type=int, help="levels of each side, at least 1; all by default")
    if function is candles:
        parser.add_argument("--every", default="1m", help="length of a candle: 1s, 5m, 1h, 1d (default: 1m)")
    if function is coverage:
        parser.add_argument("--market", action="append", help="ticker or pattern; may be given again")
    if function in RANGED:
        add_range_options(parser)
    if function is sql:
        parser.add_argument("--archive", help="folder or s3://BUCKET/PREFIX that the views read (default: none)")
        return
    add_archive_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
