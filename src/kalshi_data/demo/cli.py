"""The demo's command line."""

import signal
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Any

import click
import msgspec

from kalshi_data.cli.failures import INTERRUPTED, reported_failures
from kalshi_data.cli.options import SECONDS
from kalshi_data.cli.times import UtcTime
from kalshi_data.demo.archive import check_folder, identity, move_archive, query_example
from kalshi_data.demo.display import RunDisplay, show
from kalshi_data.demo.pages import serve_kept
from kalshi_data.demo.plan import MARKETS, MARKETS_MAX, ArchiveWindow, DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.preparation import (
    check_kept,
    require_report,
    require_space,
    require_window,
    require_writable,
    run_folder,
)
from kalshi_data.demo.runner import run_demo
from kalshi_data.simulator.feed.field_sets import NO_FIELDS
from kalshi_data.simulator.field_names import FIELD_NAMES
from kalshi_data.simulator.venue.recording import read_recording

FILE = click.Path(path_type=Path)
WINDOW_SECONDS_MAX = 86_400
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A message without a time is dated today, so it cannot be recognised as a copy of the one that is dated as recorded.
ROLLOUT_OF_RECORDING = (
    "--rollout takes the times of a recording from single connections, so copies of a message get different times: "
    "leave out --replay, or replace --rollout by --without"
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--seconds", type=SECONDS, default=30.0, show_default=True, help="How long markets trade, or a recording plays."
)
@click.option(
    "--markets",
    type=click.IntRange(1, MARKETS_MAX),
    default=MARKETS,
    show_default=True,
    help="How many made-up markets there are.",
)
@click.option("--without", type=FIELD_NAMES, default=NO_FIELDS, help="The exchange leaves these fields out.")
@click.option("--rollout", type=int, metavar="SEED", help="Change connections' fields at random; not with --replay.")
@click.option(
    "--audit-seconds", type=click.IntRange(0, 3600), help="How often gatherers ask for each book.  [default: 20]"
)
@click.option("--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Play this recording.")
@click.option(
    "--archive-window",
    type=(click.Path(path_type=Path, exists=True, file_okay=False), UtcTime(), UtcTime()),
    metavar="FOLDER FROM TO",
    help="Play this window of an archive, as fast as it was.",
)
@click.option("--report", type=FILE, help="Write the counts to this file as JSON.")
@click.option("--keep", type=FILE, help="Keep databases, logs and pages in this folder, which must be new or empty.")
@click.option("--archive", type=FILE, help="Leave the archive in this folder.  [default: demo-archive, or in --keep's]")
def main(
    report: Path | None,
    keep: Path | None,
    archive: Path | None,
    replay: Path | None,
    archive_window: tuple[Path, datetime, datetime] | None,
    **named: Any,
) -> None:
    """Run the whole platform on this machine: exchange, three gatherers, deduplicator, production, archive.

    Without --replay 200 made-up markets trade. The exit status is 0 only if production holds exactly what the
    exchange published, and the archive holds what production holds. On a terminal, --keep serves the status pages until
    Ctrl-C in the end.

    \b
    Examples:
      python3 build.py demo --seconds 10
      python3 build.py demo --without clock,ts
      python3 build.py demo --rollout 7
      python3 build.py demo --replay frames.jsonl --report figures.json
      python3 build.py demo --keep kept
      python3 build.py demo --archive second
        --archive-window archive 2026-11-02T15:00 2026-11-02T15:05
    """  # noqa: D301 - click reads the escape
    if replay and named["rollout"] is not None:
        raise click.UsageError(ROLLOUT_OF_RECORDING)
    archive_folder = archive or (keep / "archive" if keep else Path("demo-archive"))
    window = read_window(archive_window, replay)
    if window:
        named["seconds"] = window.seconds
    plan = DemoPlan(recording=replay.resolve() if replay else None, window=window, **named)
    with reported_failures("demo"):
        check_before(plan, keep, archive_folder, report)
        display = RunDisplay()
        interrupt_on_signals(display)
        try:
            result = run_in_folder(plan, keep, archive_folder, report, display)
        except KeyboardInterrupt:
            click.echo("interrupted, everything is stopped", err=True)
            sys.exit(INTERRUPTED)
    if keep:
        click.echo(how_to_connect(keep))
        if sys.stdout.isatty():
            with reported_failures("demo"):
                serve_kept(keep.resolve())
    sys.exit(0 if result == "complete" else 1)


def read_window(chosen: tuple[Path, datetime, datetime] | None, recording: Path | None) -> ArchiveWindow | None:
    """Return the window that is played, if any.

    Raises:
        click.UsageError: it is empty, longer than a day, or not alone.
    """
    if chosen is None:
        return None
    folder, from_at, until_at = chosen
    window = ArchiveWindow(folder.resolve(), from_at, until_at)
    if recording:
        raise click.UsageError("--replay and --archive-window exclude each other: leave out one of them")
    if not 0 < window.seconds <= WINDOW_SECONDS_MAX:
        raise click.UsageError("the window of --archive-window is empty, or longer than a day: choose other times")
    return window


def run_in_folder(plan: DemoPlan, keep: Path | None, archive: Path, report: Path | None, display: RunDisplay) -> str:
    """Run in the folder to keep, or in a temporary one; show the figures, then move the archive to its folder.

    Returns:
        Whether production is complete.
    """
    earlier = identity(archive)
    with run_folder(keep) as folder:
        platform = Platform(folder)
        try:
            with display:
                summary = run_demo(platform, plan, display)
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            platform.close()
        show(summary)
        if report:
            report.write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
        click.echo(query_example(move_archive(platform.archive, archive.resolve(), earlier)))
        return summary.result


def check_before(plan: DemoPlan, keep: Path | None, archive: Path, report: Path | None) -> None:
    """Check everything that can be checked before anything starts.

    Raises:
        KalshiDataError: something would fail in the end.
    """
    if plan.recording:
        read_recording(plan.recording)
    if plan.window:
        require_window(plan.window)
    if keep:
        check_kept(keep)
    check_folder(archive)
    require_writable(archive)
    if report:
        require_report(report)
    parent = next(each for each in keep.resolve().parents if each.is_dir()) if keep else Path(tempfile.gettempdir())
    require_space(parent, plan)


def interrupt_on_signals(display: RunDisplay) -> None:
    """Let a signal end the demo, which then ends everything that it has started."""

    def interrupt(*_: object) -> None:
        display.interrupted()
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        signal.signal(number, interrupt)


def how_to_connect(folder: Path) -> str:
    """Return the commands that show the kept pages, and that open the kept databases with psql."""
    return (
        f"kept in {folder}; to see its status pages again:\n"
        f"  python3 build.py pages {quote(str(folder))}\n"
        "to query a database (its server runs as long as psql):\n"
        f"  python3 build.py psql {quote(f'{folder}/production')} kalshi\n"
        f"  python3 build.py psql {quote(f'{folder}/gatherer-1')} kalshi_ts"
    )
