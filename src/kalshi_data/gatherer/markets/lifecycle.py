"""Apply lifecycle messages to the schedule, and queue the objects they name to be fetched over REST."""

from collections.abc import Callable

import msgspec
import structlog

from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.kalshi.listings import FAR_AWAY_S

log = structlog.get_logger()


class Metadata(msgspec.Struct, gc=False):
    """The event that a created market belongs to."""

    event_ticker: str = ""


class LifecycleFields(msgspec.Struct, gc=False):
    """The fields of lifecycle messages that the schedule needs; times are s since 1970."""

    open_ts: int | None = None
    close_ts: int | None = None
    series_ticker: str = ""
    additional_metadata: Metadata = msgspec.field(default_factory=Metadata)


class Lifecycle:
    """Applies each message and queues its market or event to be fetched: a message holds only some fields."""

    def __init__(self, schedule: Schedule, fetch_queue: FetchQueue, market_filter: MarketFilter) -> None:
        """Apply messages to the schedule, the queue and the filter."""
        self._schedule = schedule
        self._fetch_queue = fetch_queue
        self._filter = market_filter
        self._effects: dict[str, Callable[[str, LifecycleFields], object]] = {
            "created": self._created,
            "activated": lambda ticker, _: self._schedule.reopen(ticker),
            "close_date_updated": self._close_date_updated,
            "determined": lambda ticker, _: self._schedule.end(ticker),
            "settled": lambda ticker, _: self._schedule.end(ticker),
            "event_lifecycle": lambda ticker, fields: self._filter.learn_event(ticker, fields.series_ticker),
        }

    def apply(self, kind: str, subject: str, payload: bytes) -> bool:
        """Apply one message; return False if the fetch queue had no room for its object."""
        effect = self._effects.get(kind)
        if effect is not None:
            try:
                effect(subject, msgspec.json.decode(payload, type=LifecycleFields))
            except msgspec.DecodeError as error:
                log.warning("lifecycle message not understood", kind=kind, subject=subject, reason=str(error))
        if kind.startswith("event_"):
            return self._fetch_queue.add_event(subject)
        return self._fetch_queue.add_market(subject)

    def _created(self, ticker: str, fields: LifecycleFields) -> None:
        if self._filter.includes(ticker, fields.additional_metadata.event_ticker):
            close_s = FAR_AWAY_S if fields.close_ts is None else fields.close_ts
            self._schedule.create(ticker, fields.open_ts or 0, close_s)

    def _close_date_updated(self, ticker: str, fields: LifecycleFields) -> None:
        if fields.close_ts is not None:
            self._schedule.close_at(ticker, fields.close_ts)
