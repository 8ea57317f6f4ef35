"""Series, events and markets as they were known at the moment that is played: nothing of them is from later."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, cast

import msgspec

from kalshi_data.kalshi.instants import FAR_AWAY_S
from kalshi_data.simulator.replay.listed_bodies import (
    INITIALIZED,
    ListedTimes,
    listed_times,
    time_us,
    with_close,
    without_look_ahead,
)
from kalshi_data.simulator.replay.play_clock import SECOND_US, PlayClock
from kalshi_data.simulator.venue.listings import (
    ListedMarket,
    Listings,
    Object,
    event_object,
    event_of,
    market_object,
    rfc3339,
    series_object,
)
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS

STATUS_OF_EVENT = {"activated": "active", "deactivated": "inactive", "determined": "determined", "settled": "finalized"}
DESCRIBING = frozenset({"metadata_updated", "price_level_structure_updated"})
GRID = PRICE_GRIDS["center_centi_edge_centi_cent"]
ACTIVE, CLOSED = "active", "closed"


class KnownMarket(msgspec.Struct):
    """What is known of a market: its body, the fields that changed since, and times in microseconds of the archive."""

    body: bytes
    created_us: int
    updated_us: int
    open_us: int
    close_us: int
    settled_us: int | None = None
    changed: dict[str, Any] = {}


class ListingHistory:
    """Keeps the listings of REST as of the moment that is played."""

    def __init__(self, listings: Listings, clock: PlayClock) -> None:
        """Fill `listings`, whose times are those of a clock."""
        self._listings = listings
        self._clock = clock
        self._known: dict[str, KnownMarket] = {}
        self._later: dict[str, bytes] = {}
        self._due: list[tuple[int, str]] = []
        self._bodies: list[tuple[dict[str, Object], str, bytes]] = []

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """List markets as they were known at the beginning.

        A row has ticker, event_ticker, status, result, body, and close_time in microseconds.
        """
        for row in rows:
            changed = {name: row[name] for name in ("status", "result") if row.get(name)}
            body, times = with_close(row["body"], listed_times(row["body"]), row.get("close_time"))
            self._list(row["ticker"], row.get("event_ticker"), body, times, changed)

    def add_objects(
        self, events: Iterable[Mapping[str, Any]], series: Iterable[Mapping[str, Any]], *, only_listed: bool
    ) -> None:
        """List events and series: all, or only those that have a listed market."""
        self._bodies = [
            (listed, row["ticker"], row["body"].encode())
            for listed, rows in ((self._listings.events, events), (self._listings.series, series))
            for row in rows
            if row["ticker"] in listed or not only_listed
        ]
        self._list_objects()

    def add_named(self, market: str) -> None:
        """List a market of which only the name is known."""
        if market not in self._known:
            body = msgspec.json.encode(market_object(market, self._clock.from_us // SECOND_US, GRID))
            self._list(market, None, body, listed_times(body), {})

    def add_later(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep the bodies of markets that become known in the window, without what was not known of them yet."""
        for row in rows:
            if row["ticker"] not in self._known:
                self._later[row["ticker"]] = without_look_ahead(row["body"])

    def refresh(self) -> None:
        """Move all times by which clients can choose markets, after the clock was set."""
        for market, known in self._known.items():
            self._move(self._listings.markets[market], known)
        self._list_objects()

    def _list_objects(self) -> None:
        """List events and series with the times of the clock."""
        for listed, ticker, body in self._bodies:
            fields = msgspec.json.decode(self._clock.moved_body(body), type=dict[str, Any])
            fields.pop("markets", None)
            listed[ticker] = {**listed.get(ticker, self._placeholder(listed, ticker)), **fields}

    def _placeholder(self, listed: Mapping[str, Object], ticker: str) -> Object:
        """Return the fields that an event or series of this exchange has at least."""
        make = series_object if listed is self._listings.series else event_object
        return make(ticker, self._clock.moved(self._clock.from_us) // SECOND_US)

    def take(self, at_us: int, subject: str, kind: str, payload: str) -> None:
        """Change a listing as a message about the life of a market says."""
        body: Mapping[str, Any] = {}
        with suppress(msgspec.DecodeError):
            body = msgspec.json.decode(payload, type=dict[str, Any])
        if kind == "created" and subject not in self._known:
            self._create(at_us, subject, body)
        known = self._known.get(subject)
        if known is None:
            return
        status = STATUS_OF_EVENT.get(kind)
        changed: Object = {"status": status} if status else {}
        if kind == "determined":
            changed |= {"result": body.get("result", "")}
            changed |= {"settlement_value_dollars": body["settlement_value"]} if "settlement_value" in body else {}
        elif kind == "settled":
            known.settled_us = at_us
            changed["settlement_ts"] = self._text(at_us)
        elif kind == "close_date_updated" and isinstance(body.get("close_ts"), int):
            known.close_us = body["close_ts"] * SECOND_US
            changed["close_time"] = self._text(known.close_us)
            self._schedule(subject, known)
        elif kind in DESCRIBING:
            changed |= {name: value for name, value in body.items() if name not in ("market_ticker", "event_type")}
        self._change(subject, known, at_us, changed)

    def until(self, at_us: int) -> None:
        """Open and close the markets that do so by time up to a moment, of which the exchange sends no message."""
        while self._due and self._due[0][0] <= at_us:
            due_us, market = heapq.heappop(self._due)
            known, listed = self._known[market], self._listings.markets[market]
            if due_us == known.close_us and listed.status in (ACTIVE, INITIALIZED):
                self._change(market, known, due_us, {"status": CLOSED})
            elif due_us == known.open_us and listed.status == INITIALIZED:
                self._change(market, known, due_us, {"status": ACTIVE})

    def active(self) -> set[str]:
        """Return the markets that trade now."""
        return {name for name, each in self._listings.markets.items() if each.status == ACTIVE}

    def _create(self, at_us: int, market: str, body: Mapping[str, Any]) -> None:
        later = self._later.get(market)
        metadata: Any = body.get("additional_metadata")
        event = cast("dict[str, Any]", metadata).get("event_ticker") if isinstance(metadata, dict) else None
        if later is None:
            words = {name: body[name] for name in ("price_level_structure", "price_ranges") if name in body}
            placeholder = market_object(market, at_us // SECOND_US, GRID)
            known_times = {
                name: rfc3339(body[sent])
                for name, sent in (("open_time", "open_ts"), ("close_time", "close_ts"))
                if isinstance(body.get(sent), int)
            }
            named: Object = {"event_ticker": event} if event else {}
            later = msgspec.json.encode({**placeholder, **words, **known_times, **named})
        times = listed_times(later)
        opens_us = time_us(times.open_time, at_us)
        self._list(market, event, later, times, {"status": ACTIVE if opens_us <= at_us else INITIALIZED})
        self._known[market].created_us = self._known[market].updated_us = at_us
        self._move(self._listings.markets[market], self._known[market])

    def _list(self, market: str, event: str | None, body: bytes, times: ListedTimes, changed: Object) -> None:
        opens_us, from_us = time_us(times.open_time, 0), self._clock.from_us
        updated_us = min(time_us(times.updated_time, opens_us), from_us)
        created_us = min(time_us(times.created_time, opens_us or updated_us), from_us)
        close_us = time_us(times.close_time, round(FAR_AWAY_S * SECOND_US))
        known = KnownMarket(body, created_us, updated_us, opens_us, close_us, None, changed)
        self._known[market] = known
        listed = ListedMarket(market, event or event_of(market), 0, 0, 0, self._body_of(market, known))
        listed.status = str(known.changed.get("status") or times.status or ACTIVE)
        self._move(listed, known)
        self._listings.add(listed)
        self._schedule(market, known)

    def _body_of(self, market: str, known: KnownMarket) -> Callable[[], Object]:
        """Return a function that returns the object of a market, whose times are those of the clock."""

        def body() -> Object:
            fields: Object = msgspec.json.decode(self._clock.moved_body(known.body), type=dict[str, Any])
            return {"ticker": market, **fields, **known.changed}

        return body

    def _schedule(self, market: str, known: KnownMarket) -> None:
        for due_us in (known.open_us, known.close_us):
            if due_us > self._clock.from_us:
                heapq.heappush(self._due, (due_us, market))

    def _change(self, market: str, known: KnownMarket, at_us: int, changed: Object) -> None:
        known.updated_us = at_us
        known.changed = {**known.changed, **changed, "updated_time": self._text(at_us)}
        listed = self._listings.markets[market]
        listed.status = str(known.changed.get("status", listed.status))
        self._move(listed, known)

    def _move(self, listed: ListedMarket, known: KnownMarket) -> None:
        moved = self._clock.moved
        listed.created_s = moved(known.created_us) // SECOND_US
        listed.updated_s = moved(known.updated_us) // SECOND_US
        listed.close_s = moved(known.close_us) // SECOND_US
        listed.settled_s = None if known.settled_us is None else moved(known.settled_us) // SECOND_US

    def _text(self, at_us: int) -> str:
        return rfc3339(self._clock.moved(at_us) // SECOND_US)
