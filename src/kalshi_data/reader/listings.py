"""Markets as they were known at a moment, and what they paid."""
# pyarrow's functions are described to type checkers only in part.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

from kalshi_data.archive.schemas import TIME, file_schema
from kalshi_data.errors import ArchiveError
from kalshi_data.reader.amounts import DECIMAL
from kalshi_data.reader.files.hour_files import stream_named
from kalshi_data.reader.files.scanning import FileRows, RowSelection
from kalshi_data.reader.files.selection import Names
from kalshi_data.reader.quotes import QuoteReader
from kalshi_data.reader.times import DAY, Moment, instant, microseconds

compute: Any = pyarrow.compute
field: Any = pyarrow.dataset.field
EVENTS = ("subject_ticker", "seen_at", "kind", "payload")
SETTLEMENT = pa.schema(
    [
        ("market_ticker", pa.string()),
        ("result", pa.string()),
        ("yes_value", DECIMAL),
        ("determined_at", TIME),
        ("seen_at", TIME),
    ]
)


class Settlement(NamedTuple):
    """What a market paid for a YES contract in dollars; a field that the exchange left out is None."""

    market_ticker: str
    result: str | None
    yes_value: Decimal | None
    determined_at: datetime | None
    seen_at: datetime


class ListingReader(QuoteReader):
    """Reads what the exchange said about its markets."""

    def settlements(self, start: Moment, end: Moment, markets: Names | None = None, **chosen: Any) -> pa.Table:
        """Return what each market that was determined in [start, end) paid, as the exchange last said in that time.

        Columns: market_ticker, result ("yes", "no" or another word), yes_value (dollars paid for a YES contract),
        determined_at and seen_at (UTC).

        Example:
            >>> found = archive.settlements("2026-11-02T15:00", "2026-11-02T16:00")
            >>> [(row["market_ticker"], row["result"], str(row["yes_value"])) for row in found.to_pylist()]
            [('KXHIGHNY-26NOV02-T56', 'yes', '1.000000')]
        """
        rows = self.rows("lifecycle_events", start, end, markets, columns=EVENTS, **chosen)
        determined = rows.filter(field("kind") == "determined").sort_by("seen_at").to_pylist()
        found = {each["subject_ticker"]: settlement(each) for each in determined}
        return pa.Table.from_pylist([found[name]._asdict() for name in sorted(found)], schema=SETTLEMENT)

    def markets(self, at: Moment) -> pa.Table:
        """Return the markets as they were known at a moment: nothing that was learned later is in it.

        The rows are those of the last listing that was fetched by then, with the outcomes that the exchange announced
        since. Columns are those of the stream `markets`.

        Raises:
            ArchiveError: the archive has no listing of the day and the day before.

        Example:
            >>> [archive.markets(f"2026-11-02T{time}")["result"].to_pylist() for time in ("15:49", "15:51")]
            [[None, None], [None, 'yes']]
        """
        at_us = microseconds(at)
        listing, listed_us = self._listing(at_us)
        files, _ = self._folder.files("lifecycle_events", listed_us, at_us + 1)
        events = self.read("lifecycle_events", files, (listed_us, at_us + 1), None, EVENTS)
        outcomes = {}
        for each in events.filter(field("kind") == "determined").sort_by("seen_at").to_pylist():
            outcomes[each["subject_ticker"]] = settlement(each).result
        return _with_outcomes(listing, outcomes)

    def _listing(self, at_us: int) -> tuple[pa.Table, int]:
        """Return the rows of the newest listing that were fetched by a moment, and when its day began."""
        files, _ = self._folder.files("markets", at_us - at_us % DAY - DAY, at_us + 1)
        fetched = field("fetched_at") <= pa.scalar(at_us, pa.int64()).cast(TIME)
        for file in reversed(files):
            selection = RowSelection("markets", None, fetched, is_selective=False)
            found = FileRows(self._folder, [file], selection).table()
            if found.num_rows:
                return found, file.begin_us
        when = f"{instant(at_us):%Y-%m-%dT%H:%MZ}"
        raise ArchiveError(f"the archive has no listing of markets of {when} or the day before: choose a later moment")


def settlement(event: dict[str, Any]) -> Settlement:
    """Return what an event of the kind "determined" says; what cannot be understood is None."""
    try:
        payload = json.loads(event["payload"])
    except (ValueError, RecursionError):
        payload = None
    said: dict[str, Any] = payload if isinstance(payload, dict) else {}
    result = said.get("result")
    value, moment = _dollars(said.get("settlement_value")), _second(said.get("determination_ts"))
    named = result if isinstance(result, str) else None
    return Settlement(event["subject_ticker"], named, value, moment, event["seen_at"])


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


def _with_outcomes(listing: pa.Table, outcomes: dict[str, str | None]) -> pa.Table:
    """Return a listing in which markets that were determined have their result."""
    columns: list[list[Any]] = [listing[each].to_pylist() for each in ("ticker", "result", "status")]
    pairs = list(zip(*columns, strict=True))
    changed = {
        "result": [outcomes.get(name) or result for name, result, _ in pairs],
        "status": ["determined" if outcomes.get(name) and not result else state for name, result, state in pairs],
    }
    for name, values in changed.items():
        place = listing.schema.get_field_index(name)
        kind: Any = file_schema(stream_named("markets")).field(name)
        listing = listing.set_column(place, kind, pa.array(values, kind.type))
    return listing
