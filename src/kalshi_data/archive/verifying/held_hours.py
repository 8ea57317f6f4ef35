"""Which hours an archive holds, and which it lacks: each hourly stream has a file of each hour, even without rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from kalshi_data.archive.manifest import FOLDER, data_key, hour_of, manifest_key
from kalshi_data.archive.partitions import END, STREAMS
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ObjectStore
from kalshi_data.archive.streams.columns import ArchiveStream

COVERAGE = "coverage"
Hours = Mapping[str, set[datetime]]


class MissingHour(NamedTuple):
    """An hour of which a stream has neither a file nor a manifest; `is_last` if the stream has none after it."""

    stream: ArchiveStream
    begins_at: datetime
    is_last: bool

    def due_at(self, settings: ArchiveSettings) -> datetime:
        """Return when the exporter has written it at the latest, unless something is wrong."""
        length = timedelta(hours=self.stream.hours)
        wait = max(settings.settle_seconds, settings.deadline_seconds) + settings.late_seconds_max
        return self.begins_at + length + timedelta(seconds=wait)


def read_hours(
    bucket: ObjectStore, settings: ArchiveSettings, judged: Iterable[ArchiveStream]
) -> dict[str, set[datetime]]:
    """Return the hours of which a stream has a manifest or, if it is judged, a file.

    Raises:
        ArchiveError: the bucket cannot be listed.
    """
    names = {stream.name for stream in judged}
    return {name: set(_listed(bucket, settings, stream, with_files=name in names)) for name, stream in STREAMS.items()}


def _listed(
    bucket: ObjectStore, settings: ArchiveSettings, stream: ArchiveStream, *, with_files: bool
) -> Iterator[datetime]:
    places = [(f"{FOLDER}/", manifest_key), *([("", data_key)] if with_files else [])]
    for place, make_key in places:
        for key in bucket.keys(f"{settings.prefix}{place}{stream.name}/"):
            hour = hour_of(key)
            if hour is not None and key == make_key(settings, stream, hour):
                yield hour


def missing_hours(held: Hours, streams: Iterable[ArchiveStream]) -> Iterator[MissingHour]:
    """Yield the hours that other streams of the same length have, but not one of `streams`, in order.

    A stream is judged from its first hour on, since a newer version may have added it. Hours before the first
    connection of a gatherer are not judged: there a stream has a file only if it has rows.
    """
    for stream in streams:
        own, others = held[stream.name], _together(held, stream.hours)
        if not own:
            continue
        begin, last = max(min(own), _connected_at(others)), max(own)
        for hour in sorted({hour for found in others.values() for hour in found} - own):
            if hour >= begin:
                yield MissingHour(stream, hour, hour > last)


def _together(held: Hours, hours: int) -> dict[str, set[datetime]]:
    """Return the hours of the streams whose files are as long, without those that have none."""
    return {name: found for name, found in held.items() if found and STREAMS[name].hours == hours}


def _connected_at(held: Hours) -> datetime:
    """Return the hour from which on each hour has a file of each stream.

    It is the first that most streams have, or the first of the coverage, which says what connected gatherers received.
    """
    counts = Counter(hour for found in held.values() for hour in found)
    common = min((hour for hour, count in counts.items() if count * 2 > len(held)), default=END)
    return min(common, *held.get(COVERAGE, {END}))
