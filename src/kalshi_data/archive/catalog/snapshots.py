"""Removes the old states of a table, with the files that only they need; the archive's own files stay."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pyiceberg.io import FileIO
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from kalshi_data.archive.catalog.digests import remove

# A reader that began this long ago can still end.
KEPT = timedelta(days=1)
# Old states are removed once the oldest has waited this much longer, which is one commit a day instead of one a run.
SLACK = timedelta(days=1)


def expire_snapshots(table: Table, now: datetime) -> int:
    """Remove states that readers no longer need; return their number.

    Their files are removed first, so that nothing is left behind if the program ends in between.
    """
    protected = {reference.snapshot_id for reference in table.metadata.refs.values()}
    old = [each for each in table.snapshots() if each.snapshot_id not in protected and ended(each, now - KEPT)]
    if not any(ended(each, now - KEPT - SLACK) for each in old):
        return 0
    expired = {each.snapshot_id for each in old}
    kept = [each for each in table.snapshots() if each.snapshot_id not in expired]
    needed = set(metadata_files(table.io, kept))
    for snapshot in old:
        for location in metadata_files(table.io, [snapshot]):
            if location not in needed:
                remove(table.io, location)
    table.maintenance.expire_snapshots().by_ids(sorted(expired)).commit()
    return len(expired)


def ended(snapshot: Snapshot, moment: datetime) -> bool:
    """Return whether a state was made before a moment."""
    return snapshot.timestamp_ms < moment.timestamp() * 1000


def metadata_files(io: FileIO, snapshots: Sequence[Snapshot]) -> Iterator[str]:
    """Yield the files that list the files of snapshots, each list after what it lists."""
    for snapshot in snapshots:
        with suppress(FileNotFoundError):  # an earlier run removed it, and ended before it could commit
            yield from [manifest.manifest_path for manifest in snapshot.manifests(io)]
        yield snapshot.manifest_list
