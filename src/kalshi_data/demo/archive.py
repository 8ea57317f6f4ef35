"""The demo's archive: export it, verify it, and leave it in a folder for the user."""

import shutil
import sys
from pathlib import Path
from shlex import quote
from uuid import uuid4

import msgspec

from kalshi_data.cli.failures import describe_os_error
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.processes import run_to_end
from kalshi_data.demo.summary import Archived
from kalshi_data.errors import KalshiDataError


class VerifiedHour(msgspec.Struct):
    """One hour in the output of `archive verify`."""

    stream: str
    rows: int
    bytes: int


class VerifyOutput(msgspec.Struct):
    """The output of `archive verify`."""

    hours: list[VerifiedHour]


def export_and_verify(platform: Platform) -> Archived:
    """Export every hour, including the current one, and compare each row with production.

    Raises:
        ProgramFailed: if an hour cannot be written, or differs.
    """
    config = ("--config", str(platform.deduplicator_settings))
    run_to_end("deduplicator export", ["deduplicator", "export", "--once", "--early", *config])
    output = run_to_end(
        "deduplicator archive verify", ["deduplicator", "archive", "verify", "--deep", "--json", *config]
    )
    hours = msgspec.json.decode(output, type=VerifyOutput).hours
    return Archived(
        hours=len(hours),
        streams=len({each.stream for each in hours}),
        rows=sum(each.rows for each in hours),
        bytes=sum(each.bytes for each in hours),
    )


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an archive.

    Raises:
        KalshiDataError: if it does, or is not a folder.
    """
    if folder.exists() and (not folder.is_dir() or {each.name for each in folder.iterdir()} - {"parquet"}):
        raise KalshiDataError(f"{folder} holds other files than an archive: choose another folder with --archive")


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what distinguishes a folder from a later one of its name; None if there is none."""
    if not folder.exists():
        return None
    found = folder.stat()
    return found.st_dev, found.st_ino


def move_archive(archive: Path, folder: Path, earlier: tuple[int, int] | None) -> Path:
    """Move the archive to its final folder, and replace the `earlier` archive there; return the folder.

    If another demo left its archive there meanwhile, the folder gets a number.

    Raises:
        KalshiDataError: it cannot be moved; it stays as it is.
    """
    if archive == folder:
        return folder
    number, wanted = 1, folder
    while identity(folder) not in (None, earlier):
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    try:
        check_folder(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name}-{uuid4().hex}")
        shutil.move(archive, temporary)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except OSError as error:
        raise KalshiDataError(f"the archive cannot be moved to {folder}: {describe_os_error(error)}") from error
    return folder


def query_example(folder: Path) -> str:
    """Return an example of a query on the archive."""
    # The Python that runs this is the checkout's .venv/bin/python.
    program, shown = (shortest(path.absolute()) for path in (Path(sys.executable).parents[2] / "build.py", folder))
    files = f"{shown}/parquet/trades/**/*.parquet".replace("'", "''")
    statement = f"from '{files}' select exchange_ts, market_ticker, yes_price, size limit 5"
    # Double quotes are easier to read, if nothing in the path has a meaning to a shell.
    quoted = quote(statement) if set('"$`\\!') & set(statement) else f'"{statement}"'
    command = f"python3 {quote(str(program))} duckdb -c {quoted}"
    return f"the archive is in {shown}; any tool that reads Parquet can query it:\n  {command}"


def shortest(path: Path) -> Path:
    """Return a path relative to the working folder if the file is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
