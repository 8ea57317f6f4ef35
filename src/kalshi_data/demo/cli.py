"""The demo's command line."""

import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec

from kalshi_data.demo.archive import check_folder, move_archive, query_example
from kalshi_data.demo.display import RunDisplay, show
from kalshi_data.demo.plan import MARKETS, DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.postgres import server_account
from kalshi_data.demo.runner import run_demo
from kalshi_data.demo.summary import RunSummary
from kalshi_data.errors import KalshiDataError
from kalshi_data.simulator.feed.field_sets import NO_FIELDS
from kalshi_data.simulator.field_names import FIELD_NAMES
from kalshi_data.simulator.venue.recording import read_recording

FILE = click.Path(path_type=Path)
INTERRUPTED = 130
# A message without a time is dated today, so it cannot be recognised as a copy of the one that is dated as recorded.
ROLLOUT_OF_RECORDING = (
    "--rollout takes the times of a recording from single connections, so copies of a message get different times: "
    "leave out --replay, or replace --rollout by --without"
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=30.0, show_default=True, help="How long markets trade, or a recording plays.")
@click.option("--markets", default=MARKETS, show_default=True, help="How many made-up markets there are.")
@click.option("--without", type=FIELD_NAMES, default=NO_FIELDS, help="The exchange leaves these fields out.")
@click.option("--rollout", type=int, metavar="SEED", help="Change connections' fields at random; not with --replay.")
@click.option("--audit-seconds", type=int, help="How often gatherers ask for each book.  [default: 20]")
@click.option("--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Play this recording.")
@click.option("--report", type=FILE, help="Write the counts to this file as JSON.")
@click.option("--keep", type=FILE, help="Keep databases and logs in this folder, which must be new or empty.")
@click.option("--archive", type=FILE, help="Leave the archive in this folder.  [default: demo-archive, or in --keep's]")
def main(report: Path | None, keep: Path | None, archive: Path | None, replay: Path | None, **named: Any) -> None:
    """Run the whole platform on this machine: exchange, three gatherers, deduplicator, production, archive.

    Without --replay 200 made-up markets trade. The exit status is 0 only if production holds exactly what the
    exchange published, and the archive holds what production holds.

    \b
    Examples:
      python3 build.py demo --seconds 10
      python3 build.py demo --without clock,ts
      python3 build.py demo --rollout 7
      python3 build.py demo --replay frames.jsonl --report figures.json
      python3 build.py demo --keep kept
    """  # noqa: D301 - click reads the escape
    if replay and named["rollout"] is not None:
        raise click.UsageError(ROLLOUT_OF_RECORDING)
    # A signal that ends the demo also ends everything it has started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        archive_folder = archive or (keep / "archive" if keep else Path("demo-archive"))
        plan = DemoPlan(recording=replay.resolve() if replay else None, **named)
        summary = run_in_folder(plan, keep, archive_folder.absolute())
    except KeyboardInterrupt:
        click.echo("interrupted, everything is stopped", err=True)
        sys.exit(INTERRUPTED)
    except KalshiDataError as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(1)
    show(summary)
    if report:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    click.echo(query_example(archive_folder))
    if keep:
        click.echo(how_to_connect(keep))
    sys.exit(0 if summary.result == "complete" else 1)


def run_in_folder(plan: DemoPlan, keep: Path | None, archive: Path) -> RunSummary:
    """Run in the folder to keep, or in a temporary one that is removed; move the archive to its folder."""
    check_folder(archive)
    folder = prepare(keep) if keep else Path(tempfile.mkdtemp(prefix="kalshi-"))
    folder.chmod(0o711)
    platform = Platform(folder)
    try:
        if plan.recording:
            read_recording(plan.recording)  # fail before anything starts if it cannot be played
        with RunDisplay() as display:
            summary = run_demo(platform, plan, display)
        move_archive(platform.archive, archive)
        return summary
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        platform.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(keep: Path) -> Path:
    """Return the folder to keep; create it if it does not exist.

    Raises:
        KalshiDataError: if it is not empty, or the database server cannot enter it.
    """
    folder = keep.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise KalshiDataError(f"{keep} is not empty: choose a new folder")
    if not server_account().can_enter(folder):
        raise KalshiDataError(f"PostgreSQL does not run as root, and others cannot enter {folder}: use /var/tmp/NAME")
    return folder


def how_to_connect(folder: Path) -> str:
    """Return the commands that open the kept databases with psql."""
    return (
        f"kept in {folder}; to query a database (its server runs as long as psql):\n"
        f"  python3 build.py psql {folder}/production kalshi\n"
        f"  python3 build.py psql {folder}/gatherer-1 kalshi_ts"
    )
