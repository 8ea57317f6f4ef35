"""The objects that REST offers for the markets of a recording.

A recording holds no titles and rules, so these are plain words; everything else is what the exchange's OpenAPI
description 3.34.0 requires of a series, an event and a market.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kalshi_data.simulator.recording import RecordedFrame

Object = dict[str, Any]
COMBO_PREFIX = "KXMVE"
PAGE_ROWS_DEFAULT = {"markets": 100, "events": 200}
PAGE_ROWS_MAX = {"markets": 1000, "events": 200}


class BadRequest(ValueError):
    """A query that the exchange answers with 400."""


class Listings:
    """Series, events and markets by ticker."""

    def __init__(self, frames: Sequence[RecordedFrame]) -> None:
        """Derive everything from the tickers that appear in a recording."""
        tickers = sorted({frame.market_ticker for frame in frames if frame.market_ticker})
        received = [frame.received_ns for frame in frames if frame.received_ns is not None]
        opened = _rfc3339(min(received, default=0))
        self.markets = {ticker: _market(ticker, opened) for ticker in tickers}
        self.events = {event: _event(event, opened) for event in sorted({_event_of(ticker) for ticker in tickers})}
        self.series = {series: _series(series, opened) for series in sorted({_series_of(ticker) for ticker in tickers})}

    def page(self, name: str, query: Mapping[str, str]) -> Object:
        """Return one page of "markets" or "events" and the cursor of the next one, empty at the end.

        Raises:
            BadRequest: a limit or cursor that is none.
        """
        objects = self.markets if name == "markets" else self.events
        matching = [ticker for ticker in objects if _matches(ticker, objects[ticker], query)]
        try:
            limit = min(int(query.get("limit", PAGE_ROWS_DEFAULT[name])), PAGE_ROWS_MAX[name])
            start = int(query.get("cursor") or 0)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        following = start + max(limit, 1)
        cursor = str(following) if following < len(matching) else ""
        return {name: [objects[ticker] for ticker in matching[start:following]], "cursor": cursor}


def _matches(ticker: str, found: Object, query: Mapping[str, str]) -> bool:
    """Tell whether an object is in a filtered list; a recording's markets are all open."""
    if query.get("status") not in (None, "open"):
        return False
    if query.get("mve_filter") in ("only", "exclude") and (query["mve_filter"] == "only") != _is_combo(ticker):
        return False
    if "tickers" in query and ticker not in query["tickers"].split(","):
        return False
    wanted = ((key, query[key]) for key in ("event_ticker", "series_ticker") if key in query)
    return all({"series_ticker": _series_of(ticker), **found}.get(key) == value for key, value in wanted)


def _is_combo(ticker: str) -> bool:
    return ticker.startswith(COMBO_PREFIX)


def _series_of(ticker: str) -> str:
    return ticker.partition("-")[0]


def _event_of(ticker: str) -> str:
    return ticker.rpartition("-")[0] or ticker


def _rfc3339(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat().replace("+00:00", "Z")


def _series(ticker: str, updated: str) -> Object:
    nothing: Iterable[str] = []
    return {
        "ticker": ticker,
        "frequency": "custom",
        "title": f"Series {ticker}",
        "category": "Recorded",
        "categories": ["Recorded"],
        "tags": nothing,
        "settlement_sources": nothing,
        "contract_url": "",
        "contract_terms_url": "",
        "fee_type": "quadratic",
        "fee_multiplier": 1,
        "additional_prohibitions": nothing,
        "last_updated_ts": updated,
    }


def _event(ticker: str, updated: str) -> Object:
    return {
        "event_ticker": ticker,
        "series_ticker": _series_of(ticker),
        "title": f"Event {ticker}",
        "sub_title": "",
        "collateral_return_type": "",
        "mutually_exclusive": False,
        "settlement_sources": [],
        "last_updated_ts": updated,
    }


def _market(ticker: str, opened: str) -> Object:
    prices = ("yes_bid", "yes_ask", "no_bid", "no_ask", "last_price", "previous_yes_bid", "previous_yes_ask")
    counts = ("yes_bid_size", "yes_ask_size", "volume", "volume_24h", "open_interest")
    times = ("created_time", "updated_time", "open_time")
    return {
        "ticker": ticker,
        "event_ticker": _event_of(ticker),
        "market_type": "binary",
        "status": "active",
        "yes_sub_title": "Yes",
        "no_sub_title": "No",
        "result": "",
        "can_close_early": True,
        **dict.fromkeys(times, opened),
        **dict.fromkeys(("close_time", "latest_expiration_time"), "2099-12-31T00:00:00Z"),
        **{f"{name}_dollars": "0.0000" for name in (*prices, "previous_price")},
        **{f"{name}_fp": "0.00" for name in counts},
        "settlement_timer_seconds": 0,
        "notional_value_dollars": "1.0000",
        "expiration_value": "",
        "settlement_bounds_type": "default",
        "rules_primary": "",
        "rules_secondary": "",
        "price_level_structure": "center_centi_edge_centi_cent",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0001"}],
    }
