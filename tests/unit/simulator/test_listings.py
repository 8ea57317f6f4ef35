"""Lists of REST: pages, filters, and filters that exclude each other."""

import pytest

from kalshi_data.simulator.venue.filters import BadRequest, Query, page, select_markets
from kalshi_data.simulator.venue.listings import ListedMarket, Listings
from kalshi_data.simulator.venue.recording import RecordedFrame

TICKERS = [f"KXA-26NOV-T{number}" for number in range(25)]
LISTINGS = Listings([RecordedFrame(10**18, "trade", ticker, {}) for ticker in [*TICKERS, "KXMVEA-1"]])
SETTLED = ListedMarket("KXB-1-T1", "KXB-1", 100, 200, 300, dict, "finalized", 400)
PAUSED = ListedMarket("KXB-1-T2", "KXB-1", 110, 210, 310, dict, "inactive")


def selected(query: Query) -> list[str]:
    return [market.ticker for market in select_markets(LISTINGS.markets.values(), query)]


def of_two(**query: str) -> list[str]:
    return [market.ticker for market in select_markets([SETTLED, PAUSED], query)]


def test_pages_follow_each_other_by_opaque_cursors() -> None:
    tickers = selected({})
    first, cursor = page(tickers, {"limit": "20"}, 100, 1000)
    assert (len(first), cursor.isdecimal()) == (20, False)
    last, end = page(tickers, {"limit": "20", "cursor": cursor}, 100, 1000)
    assert (len(last), end) == (6, "")
    assert first + last == tickers
    assert page(tickers, {"limit": "26"}, 100, 1000)[1] == ""


def test_removed_fields_are_sent_on_request_beside_those_of_today() -> None:
    """Clients of June still require them."""
    frames = [RecordedFrame(10**18, "trade", TICKERS[0], {})]
    now, then = (Listings(frames, removed_fields=removed) for removed in (False, True))
    today, once = (each.markets[TICKERS[0]].body() for each in (now, then))
    added = {*once} - {*today}
    assert {name: once[name] for name in today} == today
    assert added >= {"liquidity_dollars", "fractional_trading_enabled", "response_price_units", "tick_size"}
    assert (once["yes_bid"], once["volume"], once["notional_value"]) == (0, 0, 100)
    assert {*then.events["KXA-26NOV"]} - {*now.events["KXA-26NOV"]} == {"available_on_brokers", "category"}


def test_recorded_markets_are_filtered() -> None:
    assert len(selected({"mve_filter": "exclude"})) == 25
    assert selected({"mve_filter": "only"}) == ["KXMVEA-1"]
    assert len(selected({"event_ticker": "KXA-26NOV"})) == 25
    assert selected({"series_ticker": "KXMVEA"}) == ["KXMVEA-1"]
    assert selected({"tickers": f"{TICKERS[3]},KXNONE"}) == [TICKERS[3]]
    assert not selected({"status": "settled"})
    assert len(selected({"status": "open"})) == 26
    assert list(LISTINGS.events) == ["KXA-26NOV", "KXMVEA"]
    assert list(LISTINGS.series) == ["KXA", "KXMVEA"]


def test_markets_are_filtered_by_status_and_time() -> None:
    assert of_two(status="settled") == ["KXB-1-T1"]
    assert of_two(status="paused") == ["KXB-1-T2"]
    assert of_two(min_created_ts="105") == ["KXB-1-T2"]
    assert of_two(min_close_ts="300", max_close_ts="300") == ["KXB-1-T1"]
    assert of_two(max_settled_ts="400", status="settled") == ["KXB-1-T1"]
    # Later than the one, at or before the other.
    assert of_two(min_updated_ts="200", max_updated_ts="210", mve_filter="exclude") == ["KXB-1-T2"]


@pytest.mark.parametrize(
    "query",
    [
        {"min_created_ts": "1", "min_close_ts": "1"},
        {"min_created_ts": "1", "status": "settled"},
        {"min_close_ts": "1", "status": "open"},
        {"max_settled_ts": "1", "status": "closed"},
        {"min_updated_ts": "1"},
        {"min_updated_ts": "1", "mve_filter": "exclude", "status": "open"},
        {"min_updated_ts": "1", "mve_filter": "exclude", "event_ticker": "KXB-1"},
        {"status": "finalized"},
        {"mve_filter": "both"},
        {"min_close_ts": "noon"},
    ],
)
def test_filters_that_exclude_each_other_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        of_two(**query)


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "1001"}, {"limit": "-1"}, {"cursor": "20"}])
def test_invalid_pages_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        page(TICKERS, query, 100, 1000)
