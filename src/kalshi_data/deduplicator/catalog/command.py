"""The command that registers the archive in an Iceberg catalogue."""

# The libraries for Iceberg, Parquet and S3 take long to load, so each function imports what it needs.
# ruff: noqa: PLC0415

import fcntl
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from kalshi_data.cli.program import config_option
from kalshi_data.cli.tables import make_console
from kalshi_data.database.session_lock import SessionLock
from kalshi_data.deduplicator.archive_commands import connect_exporter, select, selection_options
from kalshi_data.deduplicator.settings import CONFIG, DeduplicatorSettings
from kalshi_data.errors import ArchiveError, LockHeld
from kalshi_data.settings import load_settings
from kalshi_data.version import read_release

if TYPE_CHECKING:
    from kalshi_data.archive.catalog.inventory import InventorySource
    from kalshi_data.archive.catalog.registration import Registered
    from kalshi_data.archive.partitions import HourSelection

LOCK_FILE = "catalog.lock"
# The program that has Iceberg's libraries, and the command of it that this one is.
PROGRAM, COMMAND = "catalog", "register"
INSTALL = "put the program catalog beside this one, as Ansible's role catalog does, or install kalshi-data[catalog]"
HELD = "another run registers the archive: wait until it has ended"


class CatalogCommand(click.Command):
    """A command that the deduplicator's single file lets the program beside it run, which has Iceberg's libraries."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they were given."""
        ctx.meta[PROGRAM] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run that program in place of this one, or else the command."""
        own = Path(sys.argv[0]).resolve()
        program = own.with_name(PROGRAM)
        if read_release().commit and program != own and program.is_file():
            os.execv(program, [str(program), COMMAND, *ctx.meta[PROGRAM]])  # noqa: S606 - there is no shell to want here
        return super().invoke(ctx)


@click.command(cls=CatalogCommand)
@config_option(CONFIG)
@click.option("--iceberg", "address", required=True, metavar="CATALOG", help="glue, or sql: and an SQLAlchemy address.")
@click.option("--namespace", default="kalshi_iceberg", show_default=True, help="Glue's database, or the namespace.")
@selection_options
@click.option("--offline", is_flag=True, help="Trust the manifests, without production: for readers of the archive.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def catalog(
    config: Path,
    address: str,
    namespace: str,
    names: tuple[str, ...],
    from_at: datetime | None,
    until_at: datetime | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Register verified hours in Iceberg, one table per stream; exit 1 if a file could not be registered.

    A run adds what is new, replaces what was written again, and removes what the archive no longer holds, each at once.
    The tables list the archive's own files: nothing is copied. A run that ends early is completed by the next one.

    \b
    Examples:
      deduplicator archive catalog --iceberg glue
      deduplicator archive catalog --iceberg glue --from 2026-11-02
      deduplicator archive catalog --offline --iceberg sql:sqlite:////srv/k.db
      deduplicator archive catalog --iceberg sql:postgresql+psycopg://USER@HOST/DB
      deduplicator archive catalog --iceberg glue --json | jq '.tables[].added'
    """  # noqa: D301 - click reads the escape
    settings, selection = load_settings(config, DeduplicatorSettings), select(names, from_at, until_at)
    registered = list(register(settings, selection, address, namespace, offline=offline))
    is_complete = not any(each.problems for each in registered)
    if as_json:
        click.echo(msgspec.json.encode({"complete": is_complete, "tables": registered}))
    else:
        from kalshi_data.archive.catalog.display import registered_table

        make_console().print(registered_table(registered))
    sys.exit(0 if is_complete else 1)


def register(
    settings: DeduplicatorSettings, selection: "HourSelection", address: str, namespace: str, *, offline: bool
) -> "Generator[Registered]":
    """Yield what was done to the table of each stream; a stream that fails does not keep the others from it.

    Raises:
        ArchiveError: the catalogue cannot be opened, or its libraries are not installed.
        LockHeld: another run is registering.
    """
    try:
        from kalshi_data.archive.catalog.connection import open_catalog
        from kalshi_data.archive.catalog.registration import Registered, Registrar
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise ArchiveError(f"{missing} is not installed: {INSTALL}") from error

    opened = open_catalog(address, namespace, settings.archive)
    with open_inventory(settings, offline=offline) as source:
        registrar = Registrar(opened, settings.archive, source)
        for stream in selection.streams:
            try:
                yield registrar.register(stream, selection)
            except ArchiveError as error:
                yield Registered(stream=stream.name, table=f"{namespace}.{stream.name}", problems=[str(error)])


@contextmanager
def open_inventory(settings: DeduplicatorSettings, *, offline: bool) -> "Generator[InventorySource]":
    """Hold the lock of the catalogue, and yield what lists the archive.

    Raises:
        LockHeld: another run is registering.
    """
    from kalshi_data.archive.catalog.inventory import ManifestInventory, ProductionInventory
    from kalshi_data.archive.storage.open import open_store

    bucket = open_store(settings.archive)
    if offline:
        with hold_file_lock(settings.archive.workspace_folder):
            yield ManifestInventory(bucket, settings.archive)
        return
    with connect_exporter(settings) as production:
        # A run is silent while it reads footers.
        if not SessionLock("archive catalog", silence_seconds_max=None).take(production):
            raise LockHeld(HELD)
        yield ProductionInventory(production, bucket, settings.archive)


@contextmanager
def hold_file_lock(folder: Path) -> Generator[None]:
    """Hold a lock on this host; the kernel frees it when the program ends.

    Raises:
        LockHeld: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise LockHeld(HELD) from error
    finally:
        os.close(opened)
