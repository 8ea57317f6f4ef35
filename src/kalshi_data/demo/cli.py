"""The demo's command line."""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from kalshi_data.demo.archive import check_place, how_to_ask, leave
from kalshi_data.demo.display import Display, show
from kalshi_data.demo.figures import Figures
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.postgres import server_account
from kalshi_data.demo.runner import run_demo
from kalshi_data.errors import KalshiDataError
from kalshi_data.simulator.venue.recording import read_recording

FILE = click.Path(path_type=Path)
INTERRUPTED = 130


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=30.0, show_default=True, help="How long markets trade, or a recording plays.")
@click.option("--replay", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Play this recording.")
@click.option("--report", type=FILE, help="Write the figures to this file as JSON.")
@click.option("--keep", type=FILE, help="Leave databases and logs in this folder, which must be new or empty.")
@click.option("--archive", type=FILE, help="Leave the archive in this folder.  [default: demo-archive, or in --keep's]")
def main(seconds: float, replay: Path | None, report: Path | None, keep: Path | None, archive: Path | None) -> None:
    """Run the whole platform on this machine: exchange, three gatherers, deduplicator, production, archive.

    Without --replay 200 made-up markets trade. The exit status is 0 only where production holds exactly what the
    exchange published, and the archive what production holds.

    \b
    Examples:
      python3 build.py demo --seconds 10
      python3 build.py demo --replay frames.jsonl --report figures.json
      python3 build.py demo --keep kept
    """  # noqa: D301 - click reads the escape
    # Whoever ends the demo by a signal gets everything it started ended too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        place = archive or (keep / "archive" if keep else Path("demo-archive"))
        figures = run_in_folder(seconds, replay, keep, place.absolute())
    except KeyboardInterrupt:
        click.echo("interrupted, everything is stopped", err=True)
        sys.exit(INTERRUPTED)
    except KalshiDataError as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(1)
    show(figures)
    if report:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    click.echo(how_to_ask(place))
    if keep:
        click.echo(how_to_connect(keep))
    sys.exit(0 if figures.verdict == "complete" else 1)


def run_in_folder(seconds: float, replay: Path | None, keep: Path | None, archive: Path) -> Figures:
    """Run in the folder to keep, or in a temporary one that is removed; the archive is left where it is wanted."""
    check_place(archive)
    folder = prepare(keep) if keep else Path(tempfile.mkdtemp(prefix="kalshi-"))
    folder.chmod(0o711)
    platform = Platform(folder)
    try:
        recording = replay.resolve() if replay else None
        if recording:
            read_recording(recording)  # one that cannot be played is said before anything starts
        with Display() as display:
            figures = run_demo(platform, recording, seconds, display)
        leave(platform.archive, archive)
        return figures
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        platform.close()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(keep: Path) -> Path:
    """Return the folder to keep, made where it is missing.

    Raises:
        KalshiDataError: it is not empty, or the databases could not live there.
    """
    folder = keep.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise KalshiDataError(f"{keep} is not empty: name a new folder")
    if not server_account().can_enter(folder):
        raise KalshiDataError(f"PostgreSQL does not run as root, and others cannot enter {folder}: use /var/tmp/NAME")
    return folder


def how_to_connect(folder: Path) -> str:
    """Return the commands that open the kept databases with psql."""
    return (
        f"kept in {folder}; to look at it (the server runs while psql does):\n"
        f"  python3 build.py psql {folder}/production kalshi\n"
        f"  python3 build.py psql {folder}/gatherer-1 kalshi_ts"
    )
