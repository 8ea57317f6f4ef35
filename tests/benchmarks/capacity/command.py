"""The command of the benchmark of capacity."""

import logging
import tempfile
from pathlib import Path

import click
import msgspec
import structlog
from rich.console import Console

from tests.benchmarks.capacity.display import show
from tests.benchmarks.capacity.figures import figures
from tests.benchmarks.capacity.growth import Column, measure_growth, show_growth
from tests.benchmarks.capacity.run import Load, measure, running_servers

DEFAULT = Load()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--share", default=DEFAULT.share, show_default=True, help="Share of the day's width in the hours.")
@click.option("--hours", default=DEFAULT.hours, show_default=True, help="Hours that go through every step.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file, too.")
@click.option("--days", metavar="1,4,16", help="Instead, measure the same work after each of these numbers of days.")
def capacity(share: float, hours: int, json_file: Path | None, days: str | None) -> None:
    """Measure how much of the busiest day fits on the machines that have to carry it.

    Hours of a share of the day go through all steps of the platform, for the bytes of each row. Then minutes of its
    whole width go through those that cannot wait, for the processor and the memory of production, whose PostgreSQL has
    the settings of a db.t4g.large. The default takes about ten minutes. The last line is one JSON object.

    \b
    Examples:
      python3 build.py bench capacity
      python3 build.py bench capacity --share 0.1 --hours 4 --json capacity.json
      python3 build.py bench capacity --days 1,4,16
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if days:
        grow(days)
        return
    measured = measure(Load(share, hours))
    if measured.wrong:
        raise click.ClickException(f"{measured.wrong} books or hours came out wrong: the figures mean nothing")
    show(measured, Console())
    line = msgspec.json.encode(figures(measured))
    if json_file:
        json_file.write_bytes(line + b"\n")
    click.echo(line.decode())


def grow(days: str) -> None:
    """Print what the same work takes after each of the given numbers of days."""
    try:
        numbers = sorted({int(number) for number in days.split(",")})
    except ValueError as error:
        raise click.BadParameter(f"{days!r} is no list of days such as 1,4,16", param_hint="--days") from error
    with tempfile.TemporaryDirectory(prefix="kalshi-") as place:
        folder = Path(place)
        folder.chmod(0o711)
        with running_servers(folder) as servers:
            columns: dict[str, Column] = {}
            for name, column in measure_growth(servers, numbers):
                columns[name] = column
                show_growth(columns, Console())
