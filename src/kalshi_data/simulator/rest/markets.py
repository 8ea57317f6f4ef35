"""REST: what the paths about markets, books, trades, candlesticks and the historical tier answer.

Source: the exchange's OpenAPI description 3.34.0. Every handler returns a body, and raises BadRequest or NotFound.
"""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from kalshi_data.simulator.rest.candles import Span, historical_candle, live_candles
from kalshi_data.simulator.venue.filters import (
    BadRequest,
    NotFound,
    integer,
    page,
    select_markets,
    tickers_of,
)
from kalshi_data.simulator.venue.listings import ListedMarket, Listings, Object, rfc3339
from kalshi_data.simulator.venue.tape import Candles, Tape

DAY_SECONDS = 86_400
BOOKS_MAX, TICKER_MAX, DEPTH_MAX = 100, 200, 100
CANDLES_MAX, EVENT_CANDLES_MAX = 10_000, 5_000

Handler = Callable[[web.Request], Object]


class Source(Protocol):
    """The venue as REST needs it."""

    listings: Listings
    tape: Tape

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]]:
        """Return both sides of a book, prices ascending."""
        ...

    def candles(self, market_ticker: str) -> Candles:
        """Return a market's minutes."""
        ...


def day_before_s(now_ms: int, seconds: int) -> int:
    """Return the moment `seconds` ago, at the beginning of its day where that is days ago, as the exchange moves it."""
    moment_s = now_ms // 1000 - seconds
    return moment_s // DAY_SECONDS * DAY_SECONDS if seconds >= DAY_SECONDS else moment_s


def is_live(market: ListedMarket, cutoff_s: int) -> bool:
    """Tell whether a market is not in the historical tier yet."""
    return market.settled_s is None or market.settled_s >= cutoff_s


class MarketPaths:
    """Answers for one venue; `now_ms` is the exchange's clock."""

    def __init__(self, source: Source, now_ms: Callable[[], int], live_seconds: int) -> None:
        """Answer from `source`; what ended more than `live_seconds` ago is in the historical tier only."""
        self._live_seconds = live_seconds
        self._source = source
        self._listings = source.listings
        self._now_ms = now_ms
        self.hidden_seconds: Callable[[], float] = lambda: 0.0

    def routes(self) -> dict[str, Handler]:
        """Return the handler of each path; where two fit, the first is taken."""
        return {
            "/markets": self._markets,
            "/markets/trades": lambda request: self._trades(request, historical=False),
            "/markets/orderbooks": self._orderbooks,
            "/markets/candlesticks": self._candles_of_many,
            "/markets/{ticker}": self._market,
            "/markets/{ticker}/orderbook": self._orderbook,
            "/series/{series}/markets/{ticker}/candlesticks": self._candles,
            "/series/{series}/events/{event}/candlesticks": self._candles_of_event,
            "/historical/cutoff": self._cutoff,
            "/historical/trades": lambda request: self._trades(request, historical=True),
            "/historical/markets": self._historical_markets,
            "/historical/markets/{ticker}": lambda request: {"market": self._find(request, live=False).body()},
            "/historical/markets/{ticker}/candlesticks": self._historical_candles,
        }

    def _tier(self, *, live: bool) -> list[ListedMarket]:
        cutoff_s, known_s = self._cutoff_s(), self._now_ms() / 1000 - self.hidden_seconds()
        known = [each for each in self._listings.markets.values() if each.created_s <= known_s]
        return [each for each in known if is_live(each, cutoff_s) == live]

    def _cutoff_s(self) -> int:
        return day_before_s(self._now_ms(), self._live_seconds)

    def _find(self, request: web.Request, *, live: bool) -> ListedMarket:
        market = self._listings.markets.get(request.match_info["ticker"])
        if market is None or is_live(market, self._cutoff_s()) != live:
            raise NotFound
        return market

    def _markets(self, request: web.Request) -> Object:
        rows, cursor = page(select_markets(self._tier(live=True), request.query), request.query, 100, 1000, 0)
        return {"markets": [market.body() for market in rows], "cursor": cursor}

    def _market(self, request: web.Request) -> Object:
        return {"market": self._find(request, live=True).body()}

    def _orderbook(self, request: web.Request) -> Object:
        depth = integer(request.query, "depth", 0)
        if not 0 <= depth <= DEPTH_MAX:
            raise BadRequest(f"depth must be 0 to {DEPTH_MAX}")
        return {"orderbook_fp": self._book(self._find(request, live=True).ticker, depth)}

    def _book(self, ticker: str, depth: int = 0) -> Object:
        """Return a book with the best `depth` levels of each side, which stand last; 0 for all."""
        return {f"{side}_dollars": levels[-depth:] for side, levels in self._source.levels(ticker).items()}

    def _orderbooks(self, request: web.Request) -> Object:
        tickers = request.query.getall("tickers", [])
        if not 1 <= len(tickers) <= BOOKS_MAX or any(len(each) > TICKER_MAX for each in tickers):
            raise BadRequest(f"tickers must be given 1 to {BOOKS_MAX} times, each of at most {TICKER_MAX} characters")
        known = [each for each in tickers if each in self._listings.markets]
        return {"orderbooks": [{"ticker": each, "orderbook_fp": self._book(each)} for each in known]}

    def _trades(self, request: web.Request, *, historical: bool) -> Object:
        found = self._source.tape.select(request.query, self._cutoff_s(), historical=historical)
        rows, cursor = page(found, request.query, 100, 1000, 0)
        return {"trades": [each.object() for each in rows], "cursor": cursor}

    def _cutoff(self, _: web.Request) -> Object:
        names = ("market_settled_ts", "trades_created_ts", "market_positions_last_updated_ts")
        orders_s = day_before_s(self._now_ms(), min(14 * DAY_SECONDS, self._live_seconds))
        return {**dict.fromkeys(names, rfc3339(self._cutoff_s())), "orders_updated_ts": rfc3339(orders_s)}

    def _historical_markets(self, request: web.Request) -> Object:
        used = [name for name in ("tickers", "event_ticker", "series_ticker", "mve_filter") if request.query.get(name)]
        if len(used) > 1:
            raise BadRequest(f"{' and '.join(used)} exclude each other")
        rows, cursor = page(select_markets(self._tier(live=False), request.query), request.query, 100, 1000, 0)
        return {"markets": [market.body() for market in rows], "cursor": cursor}

    def _candles(self, request: web.Request) -> Object:
        market, span = self._find(request, live=True), Span.of(request.query)
        if market.series_ticker != request.match_info["series"]:
            raise NotFound
        return {"ticker": market.ticker, "candlesticks": live_candles(self._source.candles(market.ticker), span)}

    def _candles_of_many(self, request: web.Request) -> Object:
        tickers, span = sorted(tickers_of(request.query, "market_tickers")), Span.of(request.query)
        if not 1 <= len(tickers) <= BOOKS_MAX:
            raise BadRequest(f"market_tickers must name 1 to {BOOKS_MAX} markets")
        known = [each for each in tickers if each in self._listings.markets]
        found = {each: live_candles(self._source.candles(each), span) for each in known}
        if sum(map(len, found.values())) > CANDLES_MAX:
            raise BadRequest(f"more than {CANDLES_MAX} candlesticks")
        return {"markets": [{"market_ticker": each, "candlesticks": rows} for each, rows in found.items()]}

    def _candles_of_event(self, request: web.Request) -> Object:
        event, span = request.match_info["event"], Span.of(request.query)
        if event not in self._listings.events:
            raise NotFound
        tickers = [market.ticker for market in self._listings.of_event(event)]
        rows = [live_candles(self._source.candles(each), span) for each in tickers]
        end_s = span.end_s
        while sum(map(len, rows)) > EVENT_CANDLES_MAX:
            end_s = max(row[-1]["end_period_ts"] for row in rows if row) - 1
            rows = [[each for each in row if each["end_period_ts"] <= end_s] for row in rows]
        return {"market_tickers": tickers, "market_candlesticks": rows, "adjusted_end_ts": end_s}

    def _historical_candles(self, request: web.Request) -> Object:
        market, span = self._find(request, live=False), Span.of(request.query)
        rows = live_candles(self._source.candles(market.ticker), span)
        return {"ticker": market.ticker, "candlesticks": [historical_candle(each) for each in rows]}
