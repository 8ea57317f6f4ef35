"""Answers from the archive's files alone whether a minute of a market is complete, and why."""

# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from msgspec import Struct

from kalshi_data.archive.manifest import fetch_manifest, manifest_key
from kalshi_data.archive.object_checks import check_object
from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.errors import ArchiveError
from kalshi_data.streams import STREAMS as MERGED

CLASSIFIED = tuple(stream.name for stream in MERGED if stream.is_classified)
REASONS = {
    "proven": "the books before and after it prove that no change is missing",
    "covered": "a gatherer received all of it; no book proves it",
    "repaired": "a gatherer missed some of it, which another one received or which was fetched",
    "idle": "a gatherer covered all of it, and the exchange published nothing",
    "gap": "no gatherer received all of it",
}
NOT_EXPECTED = "nothing was expected: no gatherer covered the market then, or it was not open"


class StreamMinute(Struct, kw_only=True):
    """What the archive knows of one stream in the minute: its state, and the run of equal minutes it belongs to.

    It is complete if its state says so and the file with its rows is as it was written; None if nothing was expected.
    """

    stream: str
    state: str | None
    is_complete: bool | None
    reason: str
    from_at: datetime | None = None
    to_at: datetime | None = None
    problems: list[str] = []


class MinuteAnswer(Struct, kw_only=True):
    """What the archive knows of a market's minute; it is complete if every stream that was expected is."""

    market: str
    minute: datetime
    is_complete: bool
    streams: list[StreamMinute]


class MinuteCheck:
    """Reads the coverage of a market's minute, and checks the files that hold the rows of that minute."""

    def __init__(self, settings: ArchiveSettings) -> None:
        """Prepare to read the archive.

        Raises:
            ArchiveError: the settings name no archive.
        """
        self._settings = settings
        self._bucket = open_store(settings)

    def answer(self, market: str, at: datetime) -> MinuteAnswer:
        """Return whether the minute of a time is complete.

        Raises:
            ArchiveError: the coverage of its hour is missing or damaged.
        """
        minute = at.replace(second=0, microsecond=0)
        hour = minute.replace(minute=0)
        with open_workspace(self._settings.workspace_folder) as workspace:
            path = workspace / "coverage.parquet"
            if problems := self._problems("coverage", hour, path, workspace):
                raise ArchiveError(f"the coverage of {hour:%Y-%m-%d %H:00} cannot be read: {'; '.join(problems)}")
            runs = read_runs(path, market, minute)
            streams = [self._stream(name, runs.get(name), hour, workspace) for name in CLASSIFIED]
        expected = [each for each in streams if each.state is not None]
        is_complete = bool(expected) and all(each.is_complete for each in expected)
        return MinuteAnswer(market=market, minute=minute, is_complete=is_complete, streams=streams)

    def _stream(self, name: str, run: dict[str, Any] | None, hour: datetime, workspace: Path) -> StreamMinute:
        if run is None:
            return StreamMinute(stream=name, state=None, is_complete=None, reason=NOT_EXPECTED)
        problems = self._problems(name, hour, workspace / "rows.parquet", workspace)
        return StreamMinute(
            stream=name,
            state=run["state"],
            is_complete=run["state"] != "gap" and not problems,
            reason=REASONS.get(run["state"], "unknown to this version of the program"),
            from_at=run["from_at"],
            to_at=run["to_at"],
            problems=problems,
        )

    def _problems(self, name: str, hour: datetime, path: Path, workspace: Path) -> list[str]:
        """Fetch an hour's object to `path`, and return what is wrong with it."""
        stream = STREAMS[name]
        manifest = fetch_manifest(self._bucket, manifest_key(self._settings, stream, hour), workspace)
        if manifest is None:
            return [f"the archive holds no {name} of that hour"]
        return check_object(self._bucket, stream, manifest, path)


def read_runs(path: Path, market: str, minute: datetime) -> dict[str, dict[str, Any]]:
    """Return by stream the run that holds a minute of a market, or of all markets at once."""
    table: Any = pq.read_table(path, filters=[("market_ticker", "in", ["", market])])
    return {row["stream"]: row for row in table.to_pylist() if row["from_at"] <= minute < row["to_at"]}
