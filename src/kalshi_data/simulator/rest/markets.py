"""REST paths of markets, order books, trades, candlesticks and the historical tier.

Source: the exchange's OpenAPI description 3.34.0. A handler returns a body, or raises BadRequest or NotFound.
"""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from kalshi_data.simulator.rest.candles import CandleQuery, historical_candle, live_candles
from kalshi_data.simulator.venue.filters import (
    BadRequest,
    NotFound,
    integer,
    page,
    select_markets,
    tickers_of,
)
from kalshi_data.simulator.venue.listings import ListedMarket, Listings, Object, rfc3339
from kalshi_data.simulator.venue.trade_history import Candlesticks, TradeHistory

DAY_SECONDS = 86_400
BOOKS_MAX, TICKER_MAX, DEPTH_MAX = 100, 200, 100
CANDLES_MAX, EVENT_CANDLES_MAX = 10_000, 5_000

Handler = Callable[[web.Request], Object]


class RestVenue(Protocol):
    """The listings, trades, order books and candlesticks behind REST."""

    listings: Listings
    trade_history: TradeHistory

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]] | None:
        """Return both sides of an order book, prices ascending, or None if it is not known."""
        ...

    def candles(self, market_ticker: str) -> Candlesticks:
        """Return a market's candlesticks."""
        ...


def cutoff_s(now_ms: int, seconds: int) -> int:
    """Return the time `seconds` ago; if that is a day or more, the start of its day, as on the exchange."""
    time_s = now_ms // 1000 - seconds
    return time_s // DAY_SECONDS * DAY_SECONDS if seconds >= DAY_SECONDS else time_s


def is_live(market: ListedMarket, live_from_s: int) -> bool:
    """Return whether a market is not in the historical tier yet."""
    return market.settled_s is None or market.settled_s >= live_from_s


class MarketPaths:
    """Handles these paths for one venue; `now_ms` is the exchange's clock."""

    def __init__(self, venue: RestVenue, now_ms: Callable[[], int], live_seconds: int) -> None:
        """Answer from `venue`; trades and markets older than `live_seconds` are in the historical tier only."""
        self._live_seconds = live_seconds
        self._venue = venue
        self._listings = venue.listings
        self._now_ms = now_ms
        self.hidden_seconds: Callable[[], float] = lambda: 0.0

    def routes(self) -> dict[str, Handler]:
        """Return the handler of each path; if two paths match, the first is used."""
        return {
            "/markets": self._markets,
            "/markets/trades": lambda request: self._trades(request, historical=False),
            "/markets/orderbooks": self._orderbooks,
            "/markets/candlesticks": self._candles_of_markets,
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
        live_from_s, known_s = self._cutoff_s(), self._now_ms() / 1000 - self.hidden_seconds()
        known = [each for each in self._listings.markets.values() if each.created_s <= known_s]
        return [each for each in known if is_live(each, live_from_s) == live]

    def _cutoff_s(self) -> int:
        return cutoff_s(self._now_ms(), self._live_seconds)

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
        book = self._book(self._find(request, live=True).ticker, depth)
        if book is None:
            raise NotFound
        return {"orderbook_fp": book}

    def _book(self, ticker: str, depth: int = 0) -> Object | None:
        """Return an order book with the best `depth` levels of each side, which are the last ones; 0 for all.

        None if the book is not known: an empty one would say that there are no orders.
        """
        levels = self._venue.levels(ticker)
        return levels and {f"{side}_dollars": held[-depth:] for side, held in levels.items()}

    def _orderbooks(self, request: web.Request) -> Object:
        tickers = request.query.getall("tickers", [])
        if not 1 <= len(tickers) <= BOOKS_MAX or any(len(each) > TICKER_MAX for each in tickers):
            raise BadRequest(f"tickers must be given 1 to {BOOKS_MAX} times, each of at most {TICKER_MAX} characters")
        books = [(each, self._book(each)) for each in tickers if each in self._listings.markets]
        return {"orderbooks": [{"ticker": each, "orderbook_fp": book} for each, book in books if book]}

    def _trades(self, request: web.Request, *, historical: bool) -> Object:
        found = self._venue.trade_history.select(request.query, self._cutoff_s(), historical=historical)
        rows, cursor = page(found, request.query, 100, 1000, 0)
        return {"trades": [each.object() for each in rows], "cursor": cursor}

    def _cutoff(self, _: web.Request) -> Object:
        names = ("market_settled_ts", "trades_created_ts", "market_positions_last_updated_ts")
        orders_s = cutoff_s(self._now_ms(), min(14 * DAY_SECONDS, self._live_seconds))
        return {**dict.fromkeys(names, rfc3339(self._cutoff_s())), "orders_updated_ts": rfc3339(orders_s)}

    def _historical_markets(self, request: web.Request) -> Object:
        used = [name for name in ("tickers", "event_ticker", "series_ticker", "mve_filter") if request.query.get(name)]
        if len(used) > 1:
            raise BadRequest(f"{' and '.join(used)} exclude each other")
        rows, cursor = page(select_markets(self._tier(live=False), request.query), request.query, 100, 1000, 0)
        return {"markets": [market.body() for market in rows], "cursor": cursor}

    def _candles(self, request: web.Request) -> Object:
        market, candle_query = self._find(request, live=True), CandleQuery.parse(request.query)
        if market.series_ticker != request.match_info["series"]:
            raise NotFound
        return {"ticker": market.ticker, "candlesticks": live_candles(self._venue.candles(market.ticker), candle_query)}

    def _candles_of_markets(self, request: web.Request) -> Object:
        tickers, candle_query = sorted(tickers_of(request.query, "market_tickers")), CandleQuery.parse(request.query)
        if not 1 <= len(tickers) <= BOOKS_MAX:
            raise BadRequest(f"market_tickers must name 1 to {BOOKS_MAX} markets")
        known = [each for each in tickers if each in self._listings.markets]
        found = {each: live_candles(self._venue.candles(each), candle_query) for each in known}
        if sum(map(len, found.values())) > CANDLES_MAX:
            raise BadRequest(f"more than {CANDLES_MAX} candlesticks")
        return {"markets": [{"market_ticker": each, "candlesticks": rows} for each, rows in found.items()]}

    def _candles_of_event(self, request: web.Request) -> Object:
        event, candle_query = request.match_info["event"], CandleQuery.parse(request.query)
        if event not in self._listings.events:
            raise NotFound
        tickers = [market.ticker for market in self._listings.of_event(event)]
        rows = [live_candles(self._venue.candles(each), candle_query) for each in tickers]
        end_s = candle_query.end_s
        while sum(map(len, rows)) > EVENT_CANDLES_MAX:
            end_s = max(row[-1]["end_period_ts"] for row in rows if row) - 1
            rows = [[each for each in row if each["end_period_ts"] <= end_s] for row in rows]
        return {"market_tickers": tickers, "market_candlesticks": rows, "adjusted_end_ts": end_s}

    def _historical_candles(self, request: web.Request) -> Object:
        market, candle_query = self._find(request, live=False), CandleQuery.parse(request.query)
        rows = live_candles(self._venue.candles(market.ticker), candle_query)
        return {"ticker": market.ticker, "candlesticks": [historical_candle(each) for each in rows]}
