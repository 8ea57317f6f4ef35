"""What a frame's row depends on beside the frame itself: its arrival, and what its connection received before."""

from datetime import datetime, timedelta

import msgspec

from kalshi_data.errors import BadFrame
from kalshi_data.kalshi.decoding import OddField
from kalshi_data.kalshi.messages import MarketSummary, OrderbookDelta, Trade
from kalshi_data.kalshi.numbering.bodies import BodyNumbering
from kalshi_data.kalshi.numbering.deltas import DeltaNumbering
from kalshi_data.kalshi.occurrences import Occurrences
from kalshi_data.kalshi.timestamps import (
    MILLISECOND_US,
    SECOND_US,
    KnownTime,
    SentTime,
    finest_time,
    known_time,
    to_unique_text,
)

# Lifecycle messages have no key. Those that follow each other on a connection within this pause have the times of the
# equal ones before them. Production takes equal ones at most 30 s apart for copies of one message unless these times
# say otherwise: half the pause, so that messages stay apart if connections receive them that far apart.
NUMBERING_PAUSE = timedelta(seconds=60)


class Arrival(msgspec.Struct):
    """On which connection and when a frame arrived, what that connection received before, and odd fields."""

    connection_id: int
    received_at: datetime
    occurrences: Occurrences
    odd_fields: list[OddField] = msgspec.field(default_factory=list[OddField])
    # The same time as received_at, for callers that can format it faster.
    received_text: str = ""
    delta_numbering: DeltaNumbering = msgspec.field(default_factory=DeltaNumbering)
    body_numbering: BodyNumbering = msgspec.field(default_factory=lambda: BodyNumbering(NUMBERING_PAUSE))
    # The time of each market's newest change, cut to milliseconds, on the subscription whose frame is decoded.
    last_changes: dict[str, datetime] = msgspec.field(default_factory=dict[str, datetime])

    def __post_init__(self) -> None:
        """Format the time of receipt if its text is not given."""
        self.received_text = self.received_text or self.received_at.isoformat(" ")


def change_time(msg: OrderbookDelta, arrival: Arrival) -> tuple[datetime | None, str, int | None]:
    """Return the exchange's time of a delta in any form, its text for PostgreSQL, and its decimal places."""
    fine = time_in_field("orderbook_delta", "ts", msg.ts, arrival)
    coarse = time_in_field("orderbook_delta", "ts_ms", msg.ts_ms, arrival, MILLISECOND_US)
    changed_at, places = finest_time(coarse, fine) or (None, None)
    return changed_at, to_unique_text(changed_at) if changed_at else "", places


def summary_time(kind: str, msg: Trade | MarketSummary, arrival: Arrival) -> KnownTime | None:
    """Return the exchange's time of a trade or summary with its decimal places; None if it has none."""
    earlier = time_in_field(kind, "ts", msg.ts, arrival)
    if isinstance(msg, MarketSummary):
        earlier = time_in_field(kind, "time", msg.time, arrival) or earlier
    return time_in_field(kind, "ts_ms", msg.ts_ms, arrival, MILLISECOND_US) or earlier


def time_in_field(kind: str, name: str, sent: SentTime, arrival: Arrival, unit: int = SECOND_US) -> KnownTime | None:
    """Return the time in a field with its decimal places; ignore one that cannot be read or cannot be right."""
    try:
        return known_time(sent, unit)
    except BadFrame:
        arrival.odd_fields.append(OddField(kind, name, is_known=True))
        return None
