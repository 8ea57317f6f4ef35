"""Runs benchmarks: python3 build.py bench [NAME] [--seconds N] [--report FILE]."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks import audits, decode, export, merge, registry, simulator, soak, zipapps
from tests.benchmarks.capacity.command import capacity
from tests.benchmarks.capturing import benchmark as capturing
from tests.benchmarks.engines import benchmark as engines
from tests.benchmarks.latency import benchmark as latency
from tests.benchmarks.reading import benchmark as reading
from tests.benchmarks.replaying import benchmark as replaying

Figures = dict[str, float]
BENCHMARKS: dict[str, Callable[..., Figures]] = {
    "audits": audits.measure,
    "capture": capturing.measure,
    "decode": decode.measure,
    "engines": engines.measure,
    "export": export.measure,
    "latency": latency.measure,
    "merge": merge.measure,
    "reader": reading.measure,
    "registry": registry.measure,
    "replay": replaying.measure,
    "simulator": simulator.measure,
    "soak": soak.measure,
    "zipapps": zipapps.measure,
}
# Options of one benchmark alone.
OWNERS = {"processes": "capture", "shards": "merge"}


class Counts(click.ParamType[tuple[int, ...]]):
    """Different numbers of processes, such as 1,2; the first one is what the others are compared with."""

    name = "counts"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read the numbers."""
        parts = value.split(",")
        counts = tuple(int(part) for part in parts if part.isascii() and part.isdecimal() and int(part))
        if len(set(counts)) < len(parts):
            self.fail(f"{value!r} is no list of different numbers such as 1,2", param, ctx)
        return counts


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", required=False, type=click.Choice(sorted(BENCHMARKS)))
@click.option("--seconds", default=10.0, show_default=True, help="About how long each benchmark may measure.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the JSON object to this file, too.")
@click.option("--processes", type=Counts(), metavar="1,2", help="For capture: numbers of a gatherer's processes.")
@click.option("--shards", type=Counts(), metavar="1,2", help="For merge: numbers of deduplicators that share the rows.")
def main(name: str | None, seconds: float, report: Path | None, **counts: tuple[int, ...] | None) -> None:
    """Measure, each figure beside the same work done otherwise in the same run; the last line is one JSON object.

    \b
    Benchmarks:
      audits     a gatherer's write-ahead log of an hour of audits of 50,000 books, beside storing every snapshot
      capacity   days of the whole exchange that production holds; has its own options: bench capacity --help
      capture    a gatherer, from socket to committed rows, beside a loop that only receives, and beside cryptofeed's
                 backend (needs a C compiler)
      decode     frames of the feed to rows, beside the standard library's json and decimal
      engines    a book, candles and completeness of a made-up day: DuckDB, ClickHouse and Spark over the same files,
                 beside production for an hour of it (on Linux); 100 seconds stand for 100 million changes
      export     an hour of changes to a sorted Parquet file on local S3, beside DuckDB; 10 seconds stand for 10 million
      latency    exchange time to commit in production, at 2,000 and 5,000 deltas a second, and its parts: receive,
                 commit, poll, production
      merge      three gatherers into production, beside psql into psql with the same SQL, dlt and Sling; 10 seconds
                 stand for a million changes, on PostgreSQL and on TimescaleDB
      reader     one book from a bucket, all books at a moment and a market's best prices of a made-up hour, beside
                 DuckDB and ClickHouse over the same files; 10 seconds stand for 12 million changes
      registry   600,000 made-up markets from a local server into a database: seconds and memory
      replay     seconds until a window of a made-up hour plays, from its beginning and from its middle, and memory
                 for the whole hour; 10 seconds stand for 12 million changes and 50,000 markets
      simulator  deltas that one exchange process sends to one connection, and to each of three
      soak       memory of a gatherer at 10,000 frames per second; wants --seconds 1800
      zipapps    sizes of the single-file programs, and seconds until --version and --help are answered

    \b
    Examples:
      python3 build.py bench
      python3 build.py bench merge --seconds 30 --report merge.json
      python3 build.py bench capture --processes 1,2
      python3 build.py bench merge --shards 1,2
    """
    chosen = {option: numbers for option, numbers in counts.items() if numbers}
    for option in chosen:
        if OWNERS[option] != name:
            raise click.UsageError(f"--{option} belongs to bench {OWNERS[option]}")
    results = {each: BENCHMARKS[each](seconds, **chosen) for each in ([name] if name else sorted(BENCHMARKS))}
    table = Table("benchmark", "figure")
    table.add_column("value", justify="right")
    for benchmark, figures in results.items():
        for figure, value in figures.items():
            table.add_row(benchmark, figure, f"{value:,.2f}")
    Console().print(table)
    line = msgspec.json.encode(results)
    if report:
        report.write_bytes(line + b"\n")
    click.echo(line.decode())


if __name__ == "__main__":
    # It takes ten minutes, so it runs only by its name.
    if sys.argv[1:2] == ["capacity"]:
        capacity(sys.argv[2:], prog_name="python3 build.py bench capacity")
    main(prog_name="python3 build.py bench")
