"""Series, events and markets in the format of REST, including those of a recording.

A recording holds no titles and rules, so these are placeholders. The other fields are those that the exchange's OpenAPI
description 3.34.0 requires.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS, PriceGrid
from kalshi_data.simulator.venue.recording import RecordedFrame
from kalshi_data.simulator.venue.removed_fields import REMOVED_FROM_EVENTS, with_removed_fields

Object = dict[str, Any]
COMBO_PREFIX = "KXMVE"
FAR_AWAY_S = 4_102_444_799


class ListedMarket(msgspec.Struct):
    """The fields that filters use, times in s since 1970, and a function that returns the whole object."""

    ticker: str
    event_ticker: str
    created_s: int
    updated_s: int
    close_s: int
    body: Callable[[], Object]
    status: str = "active"
    settled_s: int | None = None

    @property
    def series_ticker(self) -> str:
        """The series it belongs to."""
        return series_of(self.ticker)

    @property
    def is_combo(self) -> bool:
        """Whether it is a multivariate market."""
        return self.ticker.startswith(COMBO_PREFIX)


class Listings:
    """All series, events, collections and markets by ticker."""

    def __init__(self, frames: Iterable[RecordedFrame] = (), *, removed_fields: bool = False) -> None:
        """List the markets of a recording, with their events and series; with `removed_fields` as they once were."""
        self._removed_fields = removed_fields
        recorded = list(frames)
        tickers = sorted({frame.market_ticker for frame in recorded if frame.market_ticker})
        received = [frame.received_ns for frame in recorded if frame.received_ns is not None]
        opened_s = min(received, default=0) // 1_000_000_000
        self.markets: dict[str, ListedMarket] = {}
        self.events: dict[str, Object] = {}
        self.series: dict[str, Object] = {}
        self.collections: dict[str, Object] = {}
        for ticker in tickers:
            self.add(recorded_market(ticker, opened_s))

    def add(self, market: ListedMarket) -> None:
        """List a market, and its event and series if they are new."""
        self.markets[market.ticker] = market
        if self._removed_fields:
            body = market.body
            market.body = lambda: with_removed_fields(body())
        if market.event_ticker not in self.events:
            event = event_object(market.event_ticker, market.created_s)
            self.events[market.event_ticker] = event | (REMOVED_FROM_EVENTS if self._removed_fields else {})
        if market.series_ticker not in self.series:
            self.series[market.series_ticker] = series_object(market.series_ticker, market.created_s)

    def of_event(self, event_ticker: str) -> Sequence[ListedMarket]:
        """Return the markets of an event."""
        return [each for each in self.markets.values() if each.event_ticker == event_ticker]


def series_of(ticker: str) -> str:
    """Return the series of a ticker of this exchange; tickers of the real exchange must not be parsed."""
    return ticker.partition("-")[0]


def event_of(ticker: str) -> str:
    """Return the event of a market's ticker."""
    return ticker.rpartition("-")[0] or ticker


def rfc3339(seconds: float) -> str:
    """Return a time in the format of REST, up to microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def series_object(ticker: str, updated_s: int) -> Object:
    """Return a series."""
    empty: list[str] = []
    return {
        "ticker": ticker,
        "frequency": "custom",
        "title": f"Series {ticker}",
        "category": "Recorded",
        "categories": ["Recorded"],
        "tags": empty,
        "settlement_sources": empty,
        "contract_url": "",
        "contract_terms_url": "",
        "fee_type": "quadratic",
        "fee_multiplier": 1,
        "additional_prohibitions": empty,
        "last_updated_ts": rfc3339(updated_s),
        "exchange_index": 0,
    }


def event_object(ticker: str, updated_s: int) -> Object:
    """Return an event."""
    return {
        "event_ticker": ticker,
        "series_ticker": series_of(ticker),
        "title": f"Event {ticker}",
        "sub_title": "",
        "collateral_return_type": "",
        "mutually_exclusive": False,
        "settlement_sources": [],
        "last_updated_ts": rfc3339(updated_s),
        "exchange_index": 0,
    }


def market_object(ticker: str, opened_s: int, grid: PriceGrid) -> Object:
    """Return a market without trades."""
    prices = ("yes_bid", "yes_ask", "no_bid", "no_ask", "last_price", "previous_yes_bid", "previous_yes_ask")
    counts = ("yes_bid_size", "yes_ask_size", "volume", "volume_24h", "open_interest")
    times = ("created_time", "updated_time", "open_time")
    return {
        "ticker": ticker,
        "event_ticker": event_of(ticker),
        "market_type": "binary",
        "status": "active",
        "yes_sub_title": "Yes",
        "no_sub_title": "No",
        "result": "",
        "can_close_early": True,
        **dict.fromkeys(times, rfc3339(opened_s)),
        **dict.fromkeys(("close_time", "latest_expiration_time"), rfc3339(FAR_AWAY_S)),
        **{f"{name}_dollars": "0.0000" for name in (*prices, "previous_price")},
        **{f"{name}_fp": "0.00" for name in counts},
        "settlement_timer_seconds": 0,
        "notional_value_dollars": "1.0000",
        "expiration_value": "",
        "settlement_bounds_type": "default",
        "rules_primary": "",
        "rules_secondary": "",
        "price_level_structure": grid.label,
        "price_ranges": grid.ranges,
        "exchange_index": 0,
    }


def recorded_market(ticker: str, opened_s: int) -> ListedMarket:
    """Return a market of a recording, open all the time and on the finest price grid."""
    grid = PRICE_GRIDS["center_centi_edge_centi_cent"]
    body = market_object(ticker, opened_s, grid)
    return ListedMarket(ticker, event_of(ticker), opened_s, opened_s, FAR_AWAY_S, lambda: body)
