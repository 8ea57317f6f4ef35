"""The commands about the archive, and the exporter of the running deduplicator."""

# The libraries for Parquet and S3 take long to load, so each function imports what it needs.
# ruff: noqa: PLC0415

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from kalshi_data.archive.progress import ArchiveState
from kalshi_data.cli.options import require_order, time_range
from kalshi_data.cli.program import CommandGroup, config_option
from kalshi_data.cli.tables import make_console
from kalshi_data.cli.times import UtcTime
from kalshi_data.database.connection import LONG_TRANSACTION, Connection, connect
from kalshi_data.deduplicator.settings import CONFIG, DeduplicatorSettings
from kalshi_data.errors import ArchiveError
from kalshi_data.service.logs import set_up_logs
from kalshi_data.service.stopping import stop_on_signals
from kalshi_data.settings import load_settings

if TYPE_CHECKING:
    from kalshi_data.archive.display import ExportProgress
    from kalshi_data.archive.exporter import Exporter
    from kalshi_data.archive.partitions import HourSelection

Command = TypeVar("Command", bound=Callable[..., Any])

LISTED_DAYS = 7


def make_exporter(
    settings: DeduplicatorSettings,
    stop: threading.Event,
    state: ArchiveState | None = None,
    selection: "HourSelection | None" = None,
    display: "ExportProgress | None" = None,
) -> "Exporter":
    """Return an exporter with these settings.

    Raises:
        ArchiveError: the settings name no archive.
    """
    from kalshi_data.archive.exporter import Exporter
    from kalshi_data.archive.partition_export import ProductionConninfos
    from kalshi_data.archive.workspace import clear_workspace

    with suppress(ArchiveError):  # the export of an hour reports it
        clear_workspace(settings.archive.workspace_folder)
    databases = ProductionConninfos(exporter_conninfo(settings), settings.production.runtime.conninfo)
    gatherers = [gatherer.id for gatherer in settings.gatherers]
    return Exporter(settings.archive, databases, gatherers, stop, state, selection, display)


def exporter_conninfo(settings: DeduplicatorSettings) -> str:
    """Return the conninfo of production for the archive."""
    return (settings.production.exporter or settings.production.runtime).conninfo


def selection_options(function: Command) -> Command:
    """Add --stream, --from and --to."""
    stream = click.option(
        "--stream", "names", multiple=True, metavar="NAME", help="One stream, repeatable; all by default."
    )
    hours = time_range("The first hour; all by default.", "The hour before which to stop; all by default.")
    return stream(hours(function))


def select(names: tuple[str, ...], from_at: datetime | None, until_at: datetime | None) -> "HourSelection":
    """Return the hours that the options select.

    Raises:
        click.BadParameter: there is no such stream, or the start is not before the end.
    """
    from kalshi_data.archive.partitions import BEGINNING, END, STREAMS, HourSelection

    if unknown := [name for name in names if name not in STREAMS]:
        raise click.BadParameter(f"there is no stream {unknown[0]}; there are {', '.join(STREAMS)}")
    if from_at and until_at:
        require_order(from_at, until_at)
    streams = tuple(STREAMS[name] for name in (names or STREAMS))
    return HourSelection(streams, from_at or BEGINNING, until_at or END)


@click.command()
@config_option(CONFIG)
@selection_options
@click.option("--once", is_flag=True, help="End once no hour is due.")
@click.option("--early", is_flag=True, help="Include hours that are not over yet, and today's snapshots again.")
@click.option(
    "--again", is_flag=True, help="Include hours that are in the archive already; their objects are replaced."
)
def export(
    config: Path,
    names: tuple[str, ...],
    from_at: datetime | None,
    until_at: datetime | None,
    once: bool,
    early: bool,
    again: bool,
) -> None:
    """Write hours of production to the archive, as the running deduplicator does by itself.

    Exit 1 if an hour could not be written.

    \b
    Examples:
      deduplicator export --once
      deduplicator export --once --stream trades --from 2026-11-02 --to 2026-11-03
      deduplicator export --once --again --from 2026-11-02 --to 2026-11-03
      deduplicator export --once --early
    """  # noqa: D301 - click reads the escape
    settings = load_settings(config, DeduplicatorSettings)
    selection = select(names, from_at, until_at)._replace(early=early)
    if again and not (from_at and until_at):
        raise click.UsageError("--again needs --from and --to")
    stop = threading.Event()
    stop_on_signals(stop)
    set_up_logs("deduplicator")
    from kalshi_data.archive.display import ProgressBar

    with ProgressBar() as bar:
        exporter = make_exporter(settings, stop, selection=selection, display=bar)
        exporter.export(once=once, again=again)
    if once:
        click.echo(f"{bar.hours:,} hours written and read back, {bar.failures:,} failed")
    sys.exit(1 if once and (bar.failures or stop.is_set()) else 0)


@click.group(cls=CommandGroup)
def archive() -> None:
    """List and verify the contents of the archive."""


@archive.command()
@config_option(CONFIG)
@selection_options
@click.option("--deep", is_flag=True, help="Compare each row with production.")
@click.option("--offline", is_flag=True, help="Compare objects only with their manifests, without production.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def verify(
    config: Path,
    names: tuple[str, ...],
    from_at: datetime | None,
    until_at: datetime | None,
    deep: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Read the archive back and compare it with its manifests and with production; exit 1 if an hour is wrong.

    Each object must match its manifest in size, sha256, number and order of rows, times, rows of each gatherer and sum
    of each column, and production in the last four. An object that cannot be read counts as wrong, and the others are
    read. --deep loads the rows into a temporary table of production. --offline also finds hours that other streams have
    while one has neither a file nor a manifest, and a place that holds no archive.

    \b
    Examples:
      deduplicator archive verify --from 2026-11-02
      deduplicator archive verify --deep --stream trades --from 2026-11-02T15:00Z
      deduplicator archive verify --offline --json | jq .summary
    """  # noqa: D301 - click reads the escape
    if deep and offline:
        raise click.UsageError("--deep compares with production, --offline does not: choose one")
    settings, selection = load_settings(config, DeduplicatorSettings), select(names, from_at, until_at)
    from kalshi_data.archive.hour_calendar import findings_table
    from kalshi_data.archive.verify import WRONG, Verifier, summary

    verifier = Verifier(settings.archive)
    if offline:
        findings = list(verifier.offline(selection))
    else:
        with connect_exporter(settings) as production:
            findings = list(verifier.online(production, selection, deep=deep))
    is_right = not any(finding.state == WRONG for finding in findings)
    if as_json:
        click.echo(msgspec.json.encode({"right": is_right, "summary": summary(findings), "hours": findings}))
    else:
        make_console().print(findings_table(findings))
        click.echo(", ".join(f"{count:,} {state}" for state, count in summary(findings).items()))
    sys.exit(0 if is_right else 1)


@archive.command()
@config_option(CONFIG)
@click.option("--market", required=True, metavar="TICKER", help="The market.")
@click.option("--at", required=True, type=UtcTime(), metavar="TIME", help="A time in the minute.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def minute(config: Path, market: str, at: datetime, as_json: bool) -> None:
    """Show from the archive's files alone whether a minute of a market is complete, and why.

    Exit 1 if it is not: a stream that was expected has a gap, or the file with its rows is missing or damaged.

    \b
    Example:
      deduplicator archive minute --market KXA-1 --at 2026-11-02T15:04Z
    """  # noqa: D301 - click reads the escape
    settings = load_settings(config, DeduplicatorSettings)
    from kalshi_data.archive.hour_calendar import minute_table
    from kalshi_data.archive.minute_check import MinuteCheck

    answer = MinuteCheck(settings.archive).answer(market, at)
    click.echo(msgspec.json.encode(answer)) if as_json else make_console().print(minute_table(answer))
    sys.exit(0 if answer.is_complete else 1)


@archive.command("list")
@config_option(CONFIG)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def list_hours(
    config: Path, names: tuple[str, ...], from_at: datetime | None, until_at: datetime | None, as_json: bool
) -> None:
    """Show the state of each hour as production recorded it; of the last week if no time is given.

    \b
    Examples:
      deduplicator archive list
      deduplicator archive list --stream trades --from 2026-11-01 --to 2026-12-01
      deduplicator archive list --json | jq '.hours[] | .state'
    """  # noqa: D301 - click reads the escape
    settings = load_settings(config, DeduplicatorSettings)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    selection = select(names, from_at or midnight - timedelta(days=LISTED_DAYS - 1), until_at)
    from kalshi_data.archive.hour_calendar import calendar
    from kalshi_data.archive.verify import read_records

    with connect_exporter(settings) as production:
        records = read_records(production, selection)
    if as_json:
        hours = [{**each._asdict(), "sha256": each.sha256.hex() if each.sha256 else None} for each in records]
        click.echo(msgspec.json.encode({"hours": hours}))
    else:
        make_console().print(calendar(records))


@contextmanager
def connect_exporter(settings: DeduplicatorSettings) -> Generator[Connection]:
    """Connect to production as the archive does, until the block ends."""
    conninfo = exporter_conninfo(settings)
    with connect(conninfo, application_name="deduplicator archive", parameters=LONG_TRANSACTION) as production:
        yield production
