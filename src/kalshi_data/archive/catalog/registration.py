"""Makes the table of a stream list exactly the files that the archive holds, each once."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import msgspec
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, ValidationException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata

from kalshi_data.archive.catalog.connection import IcebergCatalog, translate_catalog_errors
from kalshi_data.archive.catalog.data_files import BeingWritten, describe_file, listed_files
from kalshi_data.archive.catalog.digests import read_digests, remove_former_digests, write_digests
from kalshi_data.archive.catalog.inventory import CatalogHour, Inventory, InventorySource
from kalshi_data.archive.catalog.snapshots import expire_snapshots
from kalshi_data.archive.catalog.tables import add_columns, create_table, find_table
from kalshi_data.archive.manifest import data_key, hour_of
from kalshi_data.archive.partitions import HourSelection
from kalshi_data.archive.schemas import ArchiveStream
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.errors import ArchiveError
from kalshi_data.service.retry import Backoff

# A commit holds what Iceberg knows of each of its files in memory: about 10 KB.
FILES_PER_COMMIT_MAX = 500
# Footers that are read at the same time.
READERS = 8
ATTEMPTS_MAX = 6
RETRY_SECONDS_MAX = 10.0
CONFLICTS = (CommitFailedException, CommitStateUnknownException, ValidationException)


class Registered(msgspec.Struct, kw_only=True):
    """What a run did to the table of one stream, and what the table lists since."""

    stream: str
    table: str
    added: int = 0
    replaced: int = 0
    removed: int = 0
    waiting: int = 0
    files: int = 0
    rows: int = 0
    bytes: int = 0
    commits: int = 0
    expired_snapshots: int = 0
    problems: list[str] = []


class FileChange(NamedTuple):
    """One file that a table has to list, to list again or, without an hour, to list no more."""

    location: str
    hour: CatalogHour | None
    is_listed: bool


class Registrar:
    """Compares tables with the archive, and commits what differs."""

    def __init__(self, catalog: IcebergCatalog, settings: ArchiveSettings, source: InventorySource) -> None:
        """Use an open catalogue."""
        self._catalog = catalog
        self._settings = settings
        self._source = source

    def register(self, stream: ArchiveStream, selection: HourSelection) -> Registered:
        """Bring the table of a stream up to date, in commits of some files each.

        Raises:
            ArchiveError: the store or the catalogue cannot be used, or the table lists files of others.
        """
        done = Registered(stream=stream.name, table=f"{self._catalog.namespace}.{stream.name}")
        inventory = self._source.read(stream, selection)
        backoff = Backoff(RETRY_SECONDS_MAX)
        while True:
            try:
                with translate_catalog_errors(f"{done.table} cannot be brought up to date", CONFLICTS):
                    self._bring_up_to_date(stream, selection, inventory, done)
                break
            except CONFLICTS as error:
                # Everything is compared again: another program may have committed the same files.
                if backoff.attempts + 1 >= ATTEMPTS_MAX:
                    problem = f"{done.table} is changed by another program all the time: end it, then run this again"
                    raise ArchiveError(problem) from error
                time.sleep(backoff.next_seconds())
        done.problems += inventory.problems
        return done

    def _bring_up_to_date(
        self, stream: ArchiveStream, selection: HourSelection, inventory: Inventory, done: Registered
    ) -> None:
        identifier = (self._catalog.namespace, stream.name)
        table = find_table(self._catalog.catalog, identifier)
        if table is None:
            location = f"{self._catalog.location}/{stream.name}"
            table = create_table(self._catalog.catalog, identifier, stream, location)
        remove_former_digests(table)
        listed = self._require_own(stream, table)
        changes = self._find_changes(table, listed, selection, inventory)
        done.waiting = 0
        for start in range(0, len(changes), FILES_PER_COMMIT_MAX):
            table = self._commit(table, stream, changes[start : start + FILES_PER_COMMIT_MAX], done)
        done.expired_snapshots += expire_snapshots(table, datetime.now(UTC))
        done.files = done.rows = done.bytes = 0
        for file in listed_files(table):
            done.files, done.rows = done.files + 1, done.rows + file.record_count
            done.bytes += file.file_size_in_bytes

    def _require_own(self, stream: ArchiveStream, table: Table) -> dict[str, datetime]:
        """Return the hours of the files that a table lists.

        Raises:
            ArchiveError: the table lists a file of something else, whose rows would be there twice.
        """
        hours: dict[str, datetime] = {}
        for file in listed_files(table):
            hour = hour_of(file.file_path)
            if hour is None or file.file_path != self._location(data_key(self._settings, stream, hour)):
                name = ".".join(table.name())
                remedy = f"drop {name} without its files, or choose another --namespace"
                raise ArchiveError(f"{name} lists {file.file_path}, which is not of this archive: {remedy}")
            hours[file.file_path] = hour
        return hours

    def _find_changes(
        self, table: Table, listed: dict[str, datetime], selection: HourSelection, inventory: Inventory
    ) -> list[FileChange]:
        digests = read_digests(table)
        # An engine cannot place a file without rows in a partition, and no reader needs it.
        wanted = {self._location(key): hour for key, hour in inventory.hours.items() if hour.rows}
        kept = {self._location(key) for key in inventory.kept}
        changes = [
            FileChange(location, hour, location in listed)
            for location, hour in wanted.items()
            if location not in listed or digests.get(location) != hour.sha256
        ]
        changes += [
            FileChange(location, None, is_listed=True)
            for location, hour in listed.items()
            if location not in wanted and location not in kept and selection.from_at <= hour < selection.until_at
        ]
        return sorted(changes, key=lambda change: change.location)

    def _commit(self, table: Table, stream: ArchiveStream, changes: list[FileChange], done: Registered) -> Table:
        """Commit some changes at once, so that no reader sees a part of them."""
        transaction = table.transaction()
        add_columns(transaction, stream)
        described = dict(self._describe(table, transaction.table_metadata, stream, changes, done))
        made = [each for each in changes if each.hour is None or each.location in described]
        if not made:
            return table
        gone = {each.location for each in made if each.is_listed}
        update = transaction.update_snapshot()
        # Only an append merges the lists of earlier appends.
        with update.overwrite() if gone else update.merge_append() as snapshot:
            for file in [file for file in listed_files(table) if file.file_path in gone]:
                snapshot.delete_data_file(file)
            for file in described.values():
                snapshot.append_data_file(file)
        digests = {location: each for location, each in read_digests(table).items() if location not in gone}
        digests |= {each.location: each.hour.sha256 for each in made if each.hour}
        write_digests(table, transaction, digests)
        committed = transaction.commit_transaction()
        remove_former_digests(committed)
        done.commits += 1
        done.added += sum(not each.is_listed for each in made)
        done.replaced += sum(each.is_listed and each.hour is not None for each in made)
        done.removed += sum(each.hour is None for each in made)
        return committed

    def _describe(
        self,
        table: Table,
        metadata: TableMetadata,
        stream: ArchiveStream,
        changes: Iterable[FileChange],
        done: Registered,
    ) -> Iterator[tuple[str, DataFile]]:
        """Yield what is to be listed; a file that cannot be listed is reported, and stays as it is in the table."""
        describe = partial(self._describe_one, table, metadata, stream)
        with ThreadPoolExecutor(READERS) as readers:
            for change, described in readers.map(describe, [each for each in changes if each.hour]):
                if isinstance(described, DataFile):
                    yield change.location, described
                elif isinstance(described, BeingWritten):
                    done.waiting += 1
                else:
                    done.problems.append(str(described))

    @staticmethod
    def _describe_one(
        table: Table, metadata: TableMetadata, stream: ArchiveStream, change: FileChange
    ) -> tuple[FileChange, DataFile | ArchiveError]:
        assert change.hour is not None  # noqa: S101 - the caller chose the changes that have one
        try:
            return change, describe_file(table.io, metadata, stream, change.location, change.hour)
        except ArchiveError as error:
            return change, error

    def _location(self, key: str) -> str:
        return f"{self._settings.target.rstrip('/')}/{key}"
