"""From when to when the exchange's answers said the same, as the rows that are stored."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from kalshi_data.gatherer.exchange_status.states import ExchangeState

HOUR = timedelta(hours=1)
# The finest time that the databases hold.
MOMENT = timedelta(microseconds=1)
# This many rows may wait for the database; beyond that the oldest are given up. It is some weeks of a quiet exchange.
WAITING_MAX = 10_000
# This many are stored at once.
PAGE_ROWS_MAX = 500
Key = tuple[str, bytes]


class StatedRow(msgspec.Struct):
    """A row of registry.exchange_status: a state within one hour."""

    kind: str
    body: msgspec.Raw
    exchange_index: int | None
    exchange_active: bool | None
    trading_active: bool | None
    resumes_at: datetime | None
    begins_at: datetime | None
    ends_at: datetime | None
    first_seen_at: datetime
    confirmed_at: datetime


class Confirmations:
    """The rows that wait to be stored, the latest of them still growing. A state that lasts has a row in each hour."""

    def __init__(self) -> None:
        """Start without a state."""
        self._open: dict[str, dict[Key, StatedRow]] = {}
        self._waiting: dict[tuple[str, bytes, datetime], StatedRow] = {}
        self._paged: list[tuple[str, bytes, datetime]] = []
        self.given_up = 0

    def confirm(self, source: str, states: Iterable[ExchangeState], at: datetime, break_max: timedelta) -> None:
        """Record the answer of `source` at a time. After a longer break than `break_max` every state begins again."""
        before, now = self._open.get(source, {}), dict[Key, StatedRow]()
        for state in states:
            key = (state.kind, state.body)
            row = before.get(key)
            is_lasting = row is not None and timedelta() <= at - row.confirmed_at <= break_max
            now[key] = self._extended(row, at) if row is not None and is_lasting else self._begun(state, at)
        self._open[source] = now

    def next_page(self) -> bytes | None:
        """Return the oldest rows that wait as a JSON list, None if there are none."""
        self._paged = [*islice(self._waiting, PAGE_ROWS_MAX)]
        return msgspec.json.encode([self._waiting[key] for key in self._paged]) if self._paged else None

    def stored(self) -> None:
        """Forget the rows of the last page, since they are stored; confirm() has not been called since."""
        for key in self._paged:
            self._waiting.pop(key, None)

    def _extended(self, row: StatedRow, at: datetime) -> StatedRow:
        """Let a state last until now, in rows of an hour each."""
        while (ends_at := _hour(row.first_seen_at) + HOUR) <= at:
            row.confirmed_at = ends_at - MOMENT
            self._wait(row)
            row = msgspec.structs.replace(row, first_seen_at=ends_at)
        row.confirmed_at = at
        self._wait(row)
        return row

    def _begun(self, state: ExchangeState, at: datetime) -> StatedRow:
        said: dict[str, Any] = {**state._asdict(), "body": msgspec.Raw(state.body)}
        row = StatedRow(**said, first_seen_at=at, confirmed_at=at)
        self._wait(row)
        return row

    def _wait(self, row: StatedRow) -> None:
        self._waiting[row.kind, bytes(row.body), row.first_seen_at] = row
        while len(self._waiting) > WAITING_MAX:
            del self._waiting[next(iter(self._waiting))]
            self.given_up += 1


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
