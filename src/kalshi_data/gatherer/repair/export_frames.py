"""Export frames of the frame log in the format that the simulator replays."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec

from kalshi_data.errors import SettingsError
from kalshi_data.gatherer.frame_log.format import Kind
from kalshi_data.gatherer.frame_log.reader import numbers_between, records_from, to_ns
from kalshi_data.gatherer.frame_log.shards import shard_folders


def export_frames(folder: Path, begin: datetime, end: datetime, connection_id: int | None) -> Iterator[str]:
    """Yield the frames received from `begin` on and before `end` as JSON lines, of one connection or of all.

    Raises:
        SettingsError: if the log holds no frame of that time.
    """
    begin_ns, end_ns = to_ns(begin), to_ns(end)
    ranges = [
        (each, found) for each in shard_folders(folder).values() if (found := numbers_between(each, begin_ns, end_ns))
    ]
    if not ranges:
        raise SettingsError(f"{folder} holds no frames from {begin} to {end}: see frame_log.age_seconds_max")
    for record in chain.from_iterable(records_from(each, *found) for each, found in ranges):
        wanted = record.kind == Kind.FRAME and connection_id in (None, record.connection_id)
        if wanted and begin_ns <= record.received_ns < end_ns:
            line = {"raw": record.payload.decode(errors="replace"), "recv_ts_ns": record.received_ns}
            yield msgspec.json.encode({**line, "connection_id": record.connection_id}).decode()
