"""The command `reader export`: rows of a stream as a file, or markets in the form of a backtest engine."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.command.archive_options import (
    Subparsers,
    add_archive_options,
    add_command,
    add_range_options,
    not_recorded,
    opened,
)
from kalshi_data.reader.command.shown import print_json, print_rows
from kalshi_data.reader.engines.export_nautilus import CatalogedMarket
from kalshi_data.reader.engines.export_tardis import TardisFiles

parquet: Any = pyarrow.parquet
csv: Any = pyarrow.csv
Chosen: TypeAlias = argparse.Namespace
# A listing has no time; its files are read as they are.
STREAMS = [stream.name for stream in ARCHIVED if stream.time_column]
RANGE = "--from 2026-11-02T15:00:30 --to 2026-11-02T16:00"


def rows(chosen: Chosen) -> int:
    """Write rows of a stream to a file, in batches; the status is 1 if markets are named and have none."""
    path = Path(chosen.output)
    found = opened(chosen).scan(chosen.stream, chosen.start, chosen.end, chosen.markets, series=chosen.series)
    makers: dict[str, Any] = {".parquet": parquet.ParquetWriter, ".csv": csv.CSVWriter, ".arrow": pa.ipc.new_file}
    if path.suffix not in makers:
        raise ValueError(f"{path}: name a file that ends in {', '.join(makers)}")
    count = 0
    make_folder(path)
    with makers[path.suffix](str(path), found.schema) as writer:
        for batch in found:
            writer.write_batch(batch)
            count += batch.num_rows
    print(f"{path}: {count:,} rows of {chosen.stream}")  # noqa: T201
    if count or not (chosen.markets or chosen.series):
        return 0
    names = ", ".join([*(chosen.markets or ()), *(chosen.series or ())])
    print(f"reader: {not_recorded(names)}", file=sys.stderr)  # noqa: T201
    return 1


def make_folder(path: Path) -> None:
    """Make the folder of a file that is to be written.

    Raises:
        ArchiveError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{path} cannot be written: {error.strerror}: name another folder") from error


def tardis(chosen: Chosen) -> int:
    """Write books and trades as the CSV files of Tardis, which hftbacktest and other engines read."""
    found = opened(chosen, "hours of markets").export_tardis(
        chosen.output, chosen.markets, chosen.start, chosen.end, exchange=chosen.exchange, **asked(chosen)
    )
    return show_markets(chosen, found, ("market", "known_from", "book_rows", "trade_rows", "block_trades"))


def nautilus(chosen: Chosen) -> int:
    """Write books, trades and outcomes into a catalog of NautilusTrader; it needs kalshi-data[nautilus]."""
    found = opened(chosen, "hours of markets").export_nautilus(
        chosen.output, chosen.markets, chosen.start, chosen.end, **asked(chosen)
    )
    names = ("market", "instrument_id", "known_from", "deltas", "trades", "block_trades", "settlement")
    return show_markets(chosen, found, names)


def asked(chosen: Chosen) -> dict[str, bool]:
    """Return the options of the library that both engines have."""
    return {"over_gaps": chosen.over_gaps, "block_trades": chosen.block_trades}


def show_markets(chosen: Chosen, found: Sequence[TardisFiles | CatalogedMarket], columns: Sequence[str]) -> int:
    """Print what was written; the status is 1 if the book of a market is never known."""
    written = [each._asdict() for each in found]
    if chosen.json:
        print_json(written)
    else:
        print_rows(written, columns)
    unknown = [each.market for each in found if each.known_from is None]
    if unknown:
        print(f"reader: the archive has no book of {', '.join(unknown[:3])} in that time", file=sys.stderr)  # noqa: T201
    return 1 if unknown else 0


EXAMPLES: dict[Callable[[Chosen], int], str] = {
    rows: "reader export trades --from 2026-11-02T15:00 --to 2026-11-02T16:00 --series KXFED --output trades.csv",
    tardis: f"reader export tardis KXHIGHNY-26NOV02-T56 {RANGE} --output tardis",
    nautilus: f"reader export nautilus 'KXHIGHNY-26NOV02-*' {RANGE} --output catalog",
}


def add_export(commands: Subparsers) -> None:
    """Add the command; each stream and each engine is a command below it."""
    text = "Write rows of a stream to a file, or markets for a backtest engine."
    targets = add_command(commands, "export", text, list(EXAMPLES.values())).add_subparsers(
        required=True, metavar="STREAM|ENGINE"
    )
    for name in STREAMS:
        example = EXAMPLES[rows].replace("trades", name)
        added = add_command(targets, name, f"Write rows of {name} to a file.", [example])
        added.set_defaults(run=rows, stream=name)
        added.add_argument("--output", required=True, help="file that ends in .parquet, .csv or .arrow")
        added.add_argument("--market", dest="markets", action="append", help="ticker or pattern; may be given again")
        added.add_argument("--series", action="append", help="series, such as KXFED; may be given again")
        add_range_options(added)
        add_archive_options(added)
    for function in (tardis, nautilus):
        added = add_command(targets, function.__name__, function.__doc__ or "", [EXAMPLES[function]])
        added.set_defaults(run=function)
        add_engine_options(added, function)


def add_engine_options(parser: argparse.ArgumentParser, function: Callable[[Chosen], int]) -> None:
    """Add the options of an engine."""
    parser.add_argument("markets", nargs="+", metavar="MARKET", help="ticker, or a pattern such as 'KXFED-*'")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="folder that is written into")
    if function is tardis:
        parser.add_argument("--exchange", default="kalshi", help="name in each row (default: %(default)s)")
    parser.add_argument("--over-gaps", action="store_true", help="go on at gaps, with an empty book until it is known")
    parser.add_argument("--block-trades", action="store_true", help="write trades that were agreed on elsewhere, too")
    add_range_options(parser)
    add_archive_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
