"""What a lifecycle message means for the schedule, and what is to be asked of REST after it."""

from collections.abc import Callable

import msgspec
import structlog

from kalshi_data.gatherer.markets.fetch_queue import Asks
from kalshi_data.gatherer.markets.market_filter import Chooser
from kalshi_data.gatherer.markets.schedule import Schedule
from kalshi_data.kalshi.listings import FAR_AWAY_S

log = structlog.get_logger()


class Metadata(msgspec.Struct, gc=False):
    """Of a created market: the event it belongs to."""

    event_ticker: str = ""


class MessageFacts(msgspec.Struct, gc=False):
    """The few fields of all kinds of lifecycle messages that matter here, times in s since 1970."""

    open_ts: int | None = None
    close_ts: int | None = None
    series_ticker: str = ""
    additional_metadata: Metadata = msgspec.field(default_factory=Metadata)


class Lifecycle:
    """Applies messages at once; the object's whole body is asked for afterwards."""

    def __init__(self, schedule: Schedule, asks: Asks, chooser: Chooser) -> None:
        """Apply messages to these three."""
        self._schedule = schedule
        self._asks = asks
        self._chooser = chooser
        self._effects: dict[str, Callable[[str, MessageFacts], object]] = {
            "created": self._created,
            "activated": lambda ticker, _: self._schedule.reopen(ticker),
            "close_date_updated": self._close_date_updated,
            "determined": lambda ticker, _: self._schedule.end(ticker),
            "settled": lambda ticker, _: self._schedule.end(ticker),
            "event_lifecycle": lambda ticker, facts: self._chooser.learn_event(ticker, facts.series_ticker),
        }

    def apply(self, kind: str, subject: str, payload: bytes) -> bool:
        """Apply one message; return whether there was room to ask for its object."""
        effect = self._effects.get(kind)
        if effect is not None:
            try:
                effect(subject, msgspec.json.decode(payload, type=MessageFacts))
            except msgspec.DecodeError as error:
                log.warning("lifecycle message not understood", kind=kind, subject=subject, reason=str(error))
        return self._asks.event(subject) if kind.startswith("event_") else self._asks.market(subject)

    def _created(self, ticker: str, facts: MessageFacts) -> None:
        if self._chooser.chooses(ticker, facts.additional_metadata.event_ticker):
            self._schedule.create(ticker, facts.open_ts or 0, FAR_AWAY_S if facts.close_ts is None else facts.close_ts)

    def _close_date_updated(self, ticker: str, facts: MessageFacts) -> None:
        if facts.close_ts is not None:
            self._schedule.close_at(ticker, facts.close_ts)
