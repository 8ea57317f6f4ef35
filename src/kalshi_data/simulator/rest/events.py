"""REST paths of the exchange, series, events and collections.

Source: the exchange's OpenAPI description 3.34.0. A handler returns a body, or raises BadRequest or NotFound.
"""

from collections.abc import Callable

from aiohttp import web

from kalshi_data.simulator.limits import REQUEST_TOKENS
from kalshi_data.simulator.rest.markets import Handler, RestVenue, is_live
from kalshi_data.simulator.venue.filters import BadRequest, NotFound, boolean, integer, page, status_of, tickers_of
from kalshi_data.simulator.venue.listings import ListedMarket, Object, rfc3339

# Lists of objects that this exchange has none of, with the name of the list and, if it has pages, of the cursor.
EMPTY_LISTS = {
    "/milestones": ("milestones", "cursor"),
    "/structured_targets": ("structured_targets", "cursor"),
    "/incentive_programs": ("incentive_programs", "next_cursor"),
    "/live_data/batch": ("live_datas",),
}


class EventPaths:
    """Handles these paths for one venue; `now_ms` is the exchange's clock."""

    def __init__(self, venue: RestVenue, now_ms: Callable[[], int]) -> None:
        """Answer from `venue`."""
        self._venue = venue
        self._listings = venue.listings
        self._now_ms = now_ms

    def routes(self) -> dict[str, Handler]:
        """Return the handler of each path; if two paths match, the first is used."""
        return {
            "/exchange/user_data_timestamp": lambda _: {"as_of_time": rfc3339(self._now_ms() / 1000)},
            "/account/endpoint_costs": lambda _: {"default_cost": REQUEST_TOKENS, "endpoint_costs": []},
            "/series": self._series_list,
            "/series/fee_changes": lambda _: {"series_fee_change_arr": []},
            "/series/{series}": self._series,
            "/search/tags_by_categories": self._tags,
            "/search/filters_by_sport": lambda _: {"filters_by_sports": {}, "sport_ordering": []},
            "/events": self._events,
            "/events/multivariate": self._multivariate_events,
            "/events/fee_changes": lambda _: {"event_fee_changes": [], "cursor": ""},
            "/events/{event}": self._event,
            "/events/{event}/metadata": self._event_metadata,
            **{path: _empty_list(*names) for path, names in EMPTY_LISTS.items()},
            "/milestones/{milestone}": _nothing,
            "/live_data/milestone/{milestone}": _nothing,
            "/live_data/events/{event}": _nothing,
            "/live_data/weather/{city}": _nothing,
            "/multivariate_event_collections": self._collections,
            "/multivariate_event_collections/{collection}": self._collection,
        }

    def _series_list(self, request: web.Request) -> Object:
        query = request.query
        tags, after = tickers_of(query, "tags"), integer(query, "min_updated_ts", 0)
        found = [
            each
            for each in self._listings.series.values()
            if query.get("category", "") in ("", *each["categories"])
            and (not tags or tags & set(each["tags"]))
            and (not after or each["last_updated_ts"] > rfc3339(after))
        ]
        return {"series": [self._with_volume(request, each) for each in found]}

    def _series(self, request: web.Request) -> Object:
        found = self._listings.series.get(request.match_info["series"])
        if found is None:
            raise NotFound
        return {"series": self._with_volume(request, found)}

    def _with_volume(self, request: web.Request, series: Object) -> Object:
        if not boolean(request.query, "include_volume"):
            return series
        markets = (each for each in self._listings.markets.values() if each.series_ticker == series["ticker"])
        cents = sum(int(each.body()["volume_fp"].replace(".", "")) for each in markets)
        return {**series, "volume_fp": f"{cents // 100}.{cents % 100:02d}"}

    def _tags(self, _: web.Request) -> Object:
        found: dict[str, list[str]] = {}
        for each in self._listings.series.values():
            found.setdefault(each["category"], []).extend(each["tags"])
        return {"tags_by_categories": {category: sorted(set(tags)) for category, tags in found.items()}}

    def _events(self, request: web.Request) -> Object:
        return self._event_page(request, 200, combos=False)

    def _multivariate_events(self, request: web.Request) -> Object:
        if request.query.get("series_ticker") and request.query.get("collection_ticker"):
            raise BadRequest("series_ticker and collection_ticker exclude each other")
        return self._event_page(request, 100, combos=True)

    def _event_page(self, request: web.Request, default: int, *, combos: bool) -> Object:
        query = request.query
        statuses, tickers = status_of(query), tickers_of(query)
        series = query.get("series_ticker") or query.get("collection_ticker", "").removesuffix("-R")
        close_s, after = integer(query, "min_close_ts", 0), integer(query, "min_updated_ts", 0)
        children = self._children() if statuses or close_s else {}
        found = [
            event
            for ticker, event in self._listings.events.items()
            if ticker.startswith("KXMVE") == combos
            and (not tickers or ticker in tickers)
            and series in ("", event["series_ticker"])
            and (not after or event["last_updated_ts"] > rfc3339(after))
            and (not statuses or any(market.status in statuses for market in children.get(ticker, ())))
            and (not close_s or any(market.close_s >= close_s for market in children.get(ticker, ())))
        ]
        rows, cursor = page(found, query, default, 200)
        nested = boolean(query, "with_nested_markets")
        milestones: Object = {"milestones": []} if boolean(query, "with_milestones") else {}
        return {"events": [self._nested(each) if nested else each for each in rows], **milestones, "cursor": cursor}

    def _children(self) -> dict[str, list[ListedMarket]]:
        children: dict[str, list[ListedMarket]] = {}
        for market in self._listings.markets.values():
            children.setdefault(market.event_ticker, []).append(market)
        return children

    def _nested(self, event: Object) -> Object:
        markets = self._listings.of_event(event["event_ticker"])
        return {**event, "markets": [market.body() for market in markets if is_live(market, self._now_ms())]}

    def _event(self, request: web.Request) -> Object:
        nested, without = (boolean(request.query, name) for name in ("with_nested_markets", "exclude_markets"))
        if nested and without:
            raise BadRequest("with_nested_markets and exclude_markets exclude each other")
        event = self._listings.events.get(request.match_info["event"])
        if event is None:
            raise NotFound
        markets: list[Object] = [] if without else self._nested(event)["markets"]
        return (
            {"event": {**event, "markets": markets}, "markets": []} if nested else {"event": event, "markets": markets}
        )

    def _event_metadata(self, request: web.Request) -> Object:
        event = request.match_info["event"]
        if event not in self._listings.events:
            raise NotFound
        tickers = [market.ticker for market in self._listings.of_event(event)]
        details = [{"market_ticker": each, "image_url": "", "color_code": ""} for each in tickers]
        return {"image_url": "", "market_details": details, "settlement_sources": []}

    def _collections(self, request: web.Request) -> Object:
        query = request.query
        found = [
            each
            for each in self._listings.collections.values()
            if query.get("series_ticker", "") in ("", each["series_ticker"])
            and query.get("associated_event_ticker", "") in ("", *each["associated_event_tickers"])
            and query.get("status", "open") == "open"
        ]
        rows, cursor = page(found, query, 100, 200)
        return {"multivariate_contracts": rows, "cursor": cursor}

    def _collection(self, request: web.Request) -> Object:
        found = self._listings.collections.get(request.match_info["collection"])
        if found is None:
            raise NotFound
        return {"multivariate_contract": found}


def _empty_list(name: str, cursor: str | None = None) -> Handler:
    """Return a handler that answers with a list without objects."""
    return lambda _: {name: [], **({cursor: ""} if cursor else {})}


def _nothing(_: web.Request) -> Object:
    """Find no object, since there are none."""
    raise NotFound
