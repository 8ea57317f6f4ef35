"""Answers from the archive's files alone whether a minute of a market is complete, and why."""

# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from msgspec import Struct

from kalshi_data.archive.manifest import data_key, fetch_manifest, manifest_key, partition_path
from kalshi_data.archive.object_checks import check_object
from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.open import open_store
from kalshi_data.archive.streams.reasons import EXPLAINED, explain
from kalshi_data.archive.verifying.findings import FOREIGN
from kalshi_data.archive.workspace import open_workspace
from kalshi_data.errors import ArchiveError
from kalshi_data.streams import CLASSIFIED

MINUTE = timedelta(minutes=1)
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
    """What the archive knows of a market's minute; it is complete if every stream that was expected is.

    It is not if other files lie among those of its coverage and incidents, which are `problems`: readers take them too.
    """

    market: str
    minute: datetime
    is_complete: bool
    streams: list[StreamMinute]
    problems: list[str] = []


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
            runs = {row["stream"]: row for row in read_rows(path, market, minute)}
            streams = [self._stream(name, runs.get(name), hour, workspace) for name in CLASSIFIED]
            self._explain(streams, market, minute, workspace)
        expected = [each for each in streams if each.state is not None]
        problems = [problem for name in ("coverage", "incidents") for problem in self._foreign(name, hour)]
        is_complete = bool(expected) and not problems and all(each.is_complete for each in expected)
        return MinuteAnswer(market=market, minute=minute, is_complete=is_complete, streams=streams, problems=problems)

    def _stream(self, name: str, run: dict[str, Any] | None, hour: datetime, workspace: Path) -> StreamMinute:
        if run is None:
            return StreamMinute(stream=name, state=None, is_complete=None, reason=NOT_EXPECTED)
        problems = [*self._problems(name, hour, workspace / "rows.parquet", workspace), *self._foreign(name, hour)]
        return StreamMinute(
            stream=name,
            state=run["state"],
            is_complete=run["state"] != "gap" and not problems,
            reason=explain(run["state"], ()),
            from_at=run["from_at"],
            to_at=run["to_at"],
            problems=problems,
        )

    def _explain(self, streams: Sequence[StreamMinute], market: str, minute: datetime, workspace: Path) -> None:
        """Add what the incidents of the hour say of the minute."""
        affected = [each for each in streams if each.state in EXPLAINED]
        if not affected:
            return
        path = workspace / "incidents.parquet"
        if problems := self._problems("incidents", minute.replace(minute=0), path, workspace):
            for each in affected:
                each.reason += f"; why is not known: {'; '.join(problems)}"
            return
        incidents = read_rows(path, market, minute)
        for each in affected:
            each.reason = explain(each.state or "", [row for row in incidents if row["stream"] == each.stream])

    def _problems(self, name: str, hour: datetime, path: Path, workspace: Path) -> list[str]:
        """Fetch an hour's object to `path`, and return what is wrong with it."""
        stream = STREAMS[name]
        manifest = fetch_manifest(self._bucket, manifest_key(self._settings, stream, hour), workspace)
        if manifest is None:
            return [f"the archive holds no {name} of that hour"]
        return check_object(self._bucket, stream, manifest, path)

    def _foreign(self, name: str, hour: datetime) -> list[str]:
        """Return what lies beside the object of an hour, since readers of its folder take that, too."""
        stream = STREAMS[name]
        own = data_key(self._settings, stream, hour)
        keys = self._bucket.keys(f"{self._settings.prefix}{partition_path(stream, hour)}/")
        return [FOREIGN.format(key) for key in keys if key != own]


def read_rows(path: Path, market: str, minute: datetime) -> list[dict[str, Any]]:
    """Return the rows of a file that hold any of a minute of a market, or of all markets at once."""
    table: Any = pq.read_table(path, filters=[("market_ticker", "in", ["", market])])
    return [row for row in table.to_pylist() if row["from_at"] < minute + MINUTE and row["to_at"] > minute]
