"""Apply lifecycle messages to the schedule, and queue the objects they name to be fetched over REST."""

from collections.abc import Callable

import msgspec

from kalshi_data.gatherer.markets.fetch_queue import FetchQueue
from kalshi_data.gatherer.markets.market_filter import MarketFilter
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.kalshi.instants import FAR_AWAY_S, timestamp_s_of_json
from kalshi_data.kalshi.listings import OptionalIdentifier, decode_object

NONE = msgspec.Raw(b"null")


class Metadata(msgspec.Struct, gc=False):
    """The event that a created market belongs to."""

    event_ticker: OptionalIdentifier = None


class LifecycleFields(msgspec.Struct, gc=False):
    """The fields of lifecycle messages that the schedule needs."""

    open_ts: msgspec.Raw = NONE
    close_ts: msgspec.Raw = NONE
    series_ticker: OptionalIdentifier = None
    additional_metadata: Metadata | None = None


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
            "event_lifecycle": lambda ticker, fields: self._filter.learn_event(ticker, fields.series_ticker or ""),
        }

    def apply(self, kind: str, subject: str, payload: bytes) -> bool:
        """Apply one message; return False if the fetch queue had no room for its object.

        Raises:
            msgspec.DecodeError: the message cannot be read; its object is fetched all the same.
        """
        queued = self._fetch(kind, subject)
        effect = self._effects.get(kind)
        if effect is not None:
            effect(subject, decode_object(payload, LifecycleFields))
        return queued

    def _fetch(self, kind: str, subject: str) -> bool:
        if kind.startswith("event_"):
            return self._fetch_queue.add_event(subject)
        return self._fetch_queue.add_market(subject)

    def _created(self, ticker: str, fields: LifecycleFields) -> None:
        metadata = fields.additional_metadata or Metadata()
        if self._filter.includes(ticker, metadata.event_ticker or ""):
            opens_s, closes_s = timestamp_s_of_json(fields.open_ts), timestamp_s_of_json(fields.close_ts)
            self._schedule.create(ticker, opens_s or 0.0, closes_s or FAR_AWAY_S)

    def _close_date_updated(self, ticker: str, fields: LifecycleFields) -> None:
        closes_s = timestamp_s_of_json(fields.close_ts)
        if closes_s is not None:
            self._schedule.close_at(ticker, closes_s)
