"""Finds what an archive lacks altogether: hours, whole streams, or the archive itself."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from kalshi_data.archive.manifest import fetch_manifest, manifest_key
from kalshi_data.archive.partitions import STREAMS, HourSelection
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.verifying.findings import WAITING, Finding, wrong
from kalshi_data.archive.verifying.held_hours import COVERAGE, Hours, missing_hours, read_hours
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.errors import ArchiveError

ARCHIVE = "archive"
MISSING = (
    "its file and its manifest are missing: if archive list shows the hour, write it with export --again, else fetch "
    "both from a copy"
)
NOT_WRITTEN = "it is not written yet, or its file and its manifest are missing: run verify again later"
UNPROVEN = "which minutes are complete is not known; fetch it, or write it with export --again --stream coverage"
NEVER_WRITTEN = (
    "fetch its files and manifests, or write them with export --once --stream {0}; if the archive was written before "
    "there was this stream, select the others with --stream"
)


class AbsenceCheck:
    """Judges the hours of a selection by the hours that the archive holds of all streams."""

    def __init__(self, bucket: ObjectStore, settings: ArchiveSettings) -> None:
        """Prepare to list the bucket."""
        self._bucket = bucket
        self._settings = settings

    def findings(self, selection: HourSelection) -> Iterator[Finding]:
        """Yield what is missing of a selection.

        Raises:
            ArchiveError: the bucket cannot be listed.
        """
        held = read_hours(self._bucket, self._settings, selection.streams)
        if not any(held.values()):
            place = f"{self._settings.target} below {self._settings.prefix}"
            yield wrong(ARCHIVE, None, f"there is no archive in {place}: correct target and prefix under [archive]")
            return
        found = [*self._streams(selection, held), *self._hours(selection, held)]
        yield from found
        known = sorted(hour for stream in selection.streams for hour in held[stream.name])
        if not found and not any(selection.from_at <= hour < selection.until_at for hour in known):
            span = f"{known[0]:%Y-%m-%dT%H:%MZ} to {known[-1]:%Y-%m-%dT%H:%MZ}"
            problem = f"the archive holds no hour of the selected time: choose others, which begin from {span}"
            yield wrong(ARCHIVE, None, problem)

    @staticmethod
    def _streams(selection: HourSelection, held: Hours) -> Iterator[Finding]:
        """Yield the streams of which the archive holds nothing at all."""
        other = next(name for name, hours in held.items() if hours)
        for name in (stream.name for stream in selection.streams if not held[stream.name]):
            remedy = UNPROVEN if name == COVERAGE else NEVER_WRITTEN.format(name)
            yield wrong(name, None, f"the archive holds no {name} of any hour, though it holds {other}: {remedy}")

    def _hours(self, selection: HourSelection, held: Hours) -> Iterator[Finding]:
        now, newest = datetime.now(UTC), _newest(held)
        for each in missing_hours(held, selection.streams):
            name, hour = each.stream.name, each.begins_at
            if not selection.from_at <= hour < selection.until_at:
                continue
            if each.stream.hours == 1 and hour == newest and not self._was_over(held, hour):
                continue
            if each.is_last and now < each.due_at(self._settings):
                yield Finding(stream=name, begins_at=hour, state=WAITING, problems=[NOT_WRITTEN])
            else:
                yield wrong(name, hour, MISSING)

    def _was_over(self, held: Hours, hour: datetime) -> bool:
        """Return whether a stream was written after the hour's end: before that only those with rows are written."""
        for name in (name for name, hours in held.items() if hour in hours and STREAMS[name].hours == 1):
            key = manifest_key(self._settings, STREAMS[name], hour)
            with suppress(ArchiveError), open_workspace(self._settings.workspace_folder) as workspace:
                manifest = fetch_manifest(self._bucket, key, workspace)
                if manifest and manifest.exported_at >= manifest.ends_at:
                    return True
        return False


def _newest(held: Hours) -> datetime | None:
    """Return the last hour that any hourly stream has."""
    return max((hour for name, hours in held.items() if STREAMS[name].hours == 1 for hour in hours), default=None)
