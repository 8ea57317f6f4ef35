"""The demo's archive: exported and compared by the programs, and left where it can be looked at."""

import shutil
import sys
from pathlib import Path
from uuid import uuid4

import msgspec

from kalshi_data.demo.figures import Archived
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.processes import run_to_end
from kalshi_data.errors import KalshiDataError


class Hour(msgspec.Struct):
    """One hour as `archive verify` tells of it."""

    stream: str
    rows: int
    bytes: int


class Told(msgspec.Struct):
    """What `archive verify` tells."""

    hours: list[Hour]


def export_and_verify(platform: Platform) -> Archived:
    """Write every hour to the archive, also the one that is not over, and compare each row with production.

    Raises:
        ProgramFailed: an hour could not be written, or differs.
    """
    config = ("--config", str(platform.deduplicator_settings))
    run_to_end("deduplicator export", ["deduplicator", "export", "--once", "--early", *config])
    told = run_to_end("deduplicator archive verify", ["deduplicator", "archive", "verify", "--deep", "--json", *config])
    hours = msgspec.json.decode(told, type=Told).hours
    return Archived(
        hours=len(hours),
        streams=len({each.stream for each in hours}),
        rows=sum(each.rows for each in hours),
        bytes=sum(each.bytes for each in hours),
    )


def check_place(place: Path) -> None:
    """Refuse to leave an archive where something else is.

    Raises:
        KalshiDataError: the folder holds what no demo left there, or is no folder.
    """
    if place.exists() and (not place.is_dir() or {each.name for each in place.iterdir()} - {"parquet"}):
        raise KalshiDataError(f"{place} holds something else than an archive: name another folder by --archive")


def leave(archive: Path, place: Path) -> None:
    """Put the archive where it stays, in the place of what an earlier demo left."""
    if archive == place:
        return
    check_place(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    coming = place.with_name(f".{place.name}-{uuid4().hex}")
    shutil.move(archive, coming)
    shutil.rmtree(place, ignore_errors=True)
    coming.rename(place)


def how_to_ask(place: Path) -> str:
    """Return a command that asks the archive something."""
    program, folder = (shortest(path.absolute()) for path in (Path(sys.executable).with_name("duckdb"), place))
    return (
        f"the archive is in {folder}; any tool that reads Parquet can ask it:\n"
        f"  {program} -c \"from '{folder}/parquet/trades/**/*.parquet' limit 5\""
    )


def shortest(path: Path) -> Path:
    """Return how to name a file from where the user is."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
