"""Markets as they were known at a moment, and what they paid."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME
from kalshi_data.reader.amounts import DECIMAL
from kalshi_data.reader.files.known_objects import known_objects
from kalshi_data.reader.files.selection import Names
from kalshi_data.reader.quotes import QuoteReader
from kalshi_data.reader.times import Moment, microseconds, span

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
EVENTS = ("subject_ticker", "seen_at", "kind", "payload")
# What a message of a kind says of a market.
STATUSES = {"activated": "active", "deactivated": "inactive", "determined": "determined", "settled": "finalized"}
TIMES = {"close_date_updated": (("close_time", "close_ts"),), "settled": (("settlement_ts", "settled_ts"),)}
CHANGED = ("status", "result", "close_time", "settlement_ts")
SETTLEMENT = pa.schema(
    [
        ("market_ticker", pa.string()),
        ("result", pa.string()),
        ("yes_value", DECIMAL),
        ("determined_at", TIME),
        ("seen_at", TIME),
        ("settled_at", TIME),
        ("source", pa.string()),
    ]
)


class Settlement(NamedTuple):
    """What a market paid for a YES contract in dollars; a field that the exchange left out is None."""

    market_ticker: str
    result: str | None
    yes_value: Decimal | None
    determined_at: datetime | None
    seen_at: datetime
    settled_at: datetime | None = None
    source: str = "lifecycle_events"


class ListingReader(QuoteReader):
    """Reads what the exchange said about its series, events and markets."""

    def settlements(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return what each market paid whose outcome was said first in [start, end), as the archive has it.

        If an outcome was corrected, the market is in the time of the correction. Hours without a file of `settlements`
        have what the exchange last announced in them.

        Columns: market_ticker, result ("yes", "no" or another word), yes_value (dollars paid for a YES contract),
        determined_at, seen_at, settled_at (UTC), source (what said it first).

        Example:
            >>> found = archive.settlements("2026-11-02T15:00", "2026-11-02T16:00")
            >>> [(row["market_ticker"], row["result"], str(row["yes_value"])) for row in found.to_pylist()]
            [('KXHIGHNY-26NOV02-T56', 'yes', '1.000000')]
        """
        begin, until = span(start, end)
        wanted = self._markets(markets, chosen.pop("series", None), chosen.pop("categories", None), until)
        if chosen:
            raise TypeError(f"settlements() takes series and categories, not {', '.join(chosen)}")
        files, missing = self._folder.files("settlements", begin, until)
        rows = self.read("settlements", files, (begin, until), wanted, SETTLEMENT.names).to_pylist()
        if missing:
            present = [each for each in self._present("lifecycle_events", begin, until) if each.begin_us in missing]
            events = self.read("lifecycle_events", present, (begin, until), wanted, EVENTS)
            rows += [settlement(each)._asdict() for each in determined(events)]
        found = {each["market_ticker"]: each for each in sorted(rows, key=lambda row: row["seen_at"])}
        return pa.Table.from_pylist([found[name] for name in sorted(found)], schema=SETTLEMENT)

    def markets(self, at: Moment) -> pa.Table:
        """Return the markets as they were known at a moment: nothing that was learned later is in it.

        Each is in its newest state that was fetched by then, with what the exchange announced since: that it was
        paused, determined or settled, or closes at another time. Columns are those of the stream `markets`.

        Raises:
            ListingMissing: the archive has neither a list nor a history of that time.

        Example:
            >>> [archive.markets(f"2026-11-02T{time}")["result"].to_pylist() for time in ("15:49", "15:51")]
            [[None, None], [None, 'yes']]
        """
        at_us = microseconds(at)
        known = known_objects(self._folder, "markets", at_us)
        files, _ = self._folder.files("lifecycle_events", known.since_us, at_us + 1)
        events = self.read("lifecycle_events", files, (known.since_us, at_us + 1), None, EVENTS)
        return with_events(known.rows, events.sort_by("seen_at").to_pylist())

    def events(self, at: Moment) -> pa.Table:
        """Return the events as they were known at a moment, as `markets` does; columns are those of `events`.

        Example:
            >>> archive.events("2026-11-02T15:49")["title"].to_pylist()
            ['Rate in December?']
        """
        return known_objects(self._folder, "events", microseconds(at)).rows

    def series(self, at: Moment) -> pa.Table:
        """Return the series as they were known at a moment, as `markets` does; columns are those of `series`.

        Example:
            >>> archive.series("2026-11-02T15:49").select(["ticker", "category"]).to_pylist()[0]
            {'ticker': 'KXFED', 'category': 'Economics'}
        """
        return known_objects(self._folder, "series", microseconds(at)).rows


def determined(events: pa.Table) -> list[dict[str, Any]]:
    """Return the messages that markets were determined, the earliest first."""
    return events.filter(field("kind") == "determined").sort_by("seen_at").to_pylist()


def settlement(event: dict[str, Any]) -> Settlement:
    """Return what an event of the kind "determined" says; what cannot be understood is None."""
    said = payload_of(event)
    result = said.get("result")
    value, moment = _dollars(said.get("settlement_value")), _second(said.get("determination_ts"))
    named = result if isinstance(result, str) else None
    return Settlement(event["subject_ticker"], named, value, moment, event["seen_at"])


def payload_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a message; an empty one if it cannot be understood."""
    try:
        payload = json.loads(event["payload"])
    except (ValueError, RecursionError):
        payload = None
    return payload if isinstance(payload, dict) else {}


def _dollars(text: Any) -> Decimal | None:
    try:
        value = Decimal(str(text))
        return value.quantize(Decimal("0.000001")) if value.is_finite() else None
    except InvalidOperation:
        return None


def _second(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def with_events(markets: pa.Table, events: Sequence[dict[str, Any]]) -> pa.Table:
    """Return markets with what messages that were sent since each was fetched say; `events` are in order of time."""
    subjects = pa.array(sorted({each["subject_ticker"] for each in events}), pa.string())
    is_named = compute.is_in(markets["ticker"], value_set=subjects)
    chosen = markets.filter(is_named)
    rows: Any = chosen.select(["fetched_at", *CHANGED]).to_pylist()
    tickers: Any = chosen["ticker"].to_pylist()
    by_ticker: dict[str, Any] = dict(zip(tickers, rows, strict=True))
    for event in events:
        row = by_ticker.get(event["subject_ticker"])
        if row is not None and (event["seen_at"] > row["fetched_at"] or (says_result(event) and not row["result"])):
            row.update(changes(event))
    for name in CHANGED:
        place = markets.schema.get_field_index(name)
        kind: Any = markets.schema.field(name)
        values = pa.array([row[name] for row in rows], kind.type)
        # Most markets are in no message, and stay as they are.
        column = markets[name].combine_chunks()
        markets = markets.set_column(place, kind, compute.replace_with_mask(column, is_named.combine_chunks(), values))
    return markets


def says_result(event: dict[str, Any]) -> bool:
    """Return whether a message says the outcome of a market; a list that was fetched after it may lack it."""
    return event["kind"] == "determined"


def changes(event: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a market that a message changes.

    Example:
        >>> changes({"kind": "close_date_updated", "payload": '{"close_ts": 0}'})
        {'close_time': datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)}
    """
    said = payload_of(event)
    found: dict[str, Any] = {"status": STATUSES[event["kind"]]} if event["kind"] in STATUSES else {}
    if says_result(event) and isinstance(result := said.get("result"), str) and result:
        found["result"] = result
    for name, key in TIMES.get(event["kind"], ()):
        if (moment := _second(said.get(key))) is not None:
            found[name] = moment
    return found
