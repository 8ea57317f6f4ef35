"""REST paths about the exchange itself: whether its shards are active, and its schedule.

Source: the exchange's OpenAPI description 3.34.0. The flags of the whole status are those of shard 0.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.rest.markets import Handler
from kalshi_data.simulator.venue.listings import Object, rfc3339

SHARDS = ("Default", "Combos")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEW_YORK = ZoneInfo("America/New_York")
THURSDAY = 3
# Maintenance is announced for some weeks, from the last one on.
WEEKS = range(-1, 4)


class ExchangePaths:
    """Answers for one exchange, and writes each status that it answers to the journal if it is a new one."""

    def __init__(self, now_ms: Callable[[], int], is_halted: Callable[[str, int], bool], journal: Journal) -> None:
        """`now_ms` is the exchange's clock; `is_halted` says whether a fault halts a shard."""
        self._now_ms = now_ms
        self._is_halted = is_halted
        self._journal = journal
        self._answered: list[Object] = []

    def routes(self) -> dict[str, Handler]:
        """Return the handler of each path."""
        return {"/exchange/status": self._status, "/exchange/schedule": self._schedule}

    def _status(self, _: web.Request) -> Object:
        shards = [{"exchange_index": n, "description": name, **self._flags(n)} for n, name in enumerate(SHARDS)]
        if shards != self._answered:
            self._answered = shards
            self._journal.record(self._now_ms(), exchange=shards)
        return {**self._flags(0), "exchange_index_statuses": shards}

    def _flags(self, shard: int) -> dict[str, bool]:
        active = not (self._is_halted("exchange_halt", shard) or self._is_halted("maintenance", shard))
        trading = active and not self._is_halted("trading_pause", shard)
        return {"exchange_active": active, "trading_active": trading, "intra_exchange_transfers_active": active}

    def _schedule(self, _: web.Request) -> Object:
        whole = [{"open_time": "00:00", "close_time": "00:00"}]
        thursday = [{"open_time": "00:00", "close_time": "03:00"}, {"open_time": "05:00", "close_time": "00:00"}]
        week: Object = dict.fromkeys(DAYS, whole) | {"thursday": thursday}
        hours = [{"start_time": "2026-01-01T05:00:00Z", "end_time": "2027-01-01T05:00:00Z", **week}]
        return {"schedule": {"standard_hours": hours, "maintenance_windows": self._windows()}}

    def _windows(self) -> list[Object]:
        """Return the maintenance of some Thursdays, from 3 to 5 in New York."""
        today = datetime.fromtimestamp(self._now_ms() / 1000, UTC).astimezone(NEW_YORK).date()
        thursday = today + timedelta(days=(THURSDAY - today.weekday()) % 7)
        return [_window(thursday + timedelta(weeks=week)) for week in WEEKS]


def _window(day: date) -> Object:
    begins, ends = (datetime(day.year, day.month, day.day, hour, tzinfo=NEW_YORK).timestamp() for hour in (3, 5))
    return {"start_datetime": rfc3339(begins), "end_datetime": rfc3339(ends)}
