"""A REST server whose lists a test fills, with the faults of a busy exchange."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import ClientSession, web

from kalshi_data.kalshi.auth import Signer
from kalshi_data.kalshi.refusals import BadAnswer
from kalshi_data.kalshi.rest import Budget, Rest

API = "/api"
FAST = 1e6
Object = dict[str, Any]
Result = TypeVar("Result")
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATUSES = {"open": "active", "paused": "inactive", "unopened": "initialized"}


def series(ticker: str, *categories: str) -> Object:
    return {"ticker": ticker, "category": categories[0] if categories else "", "categories": categories[1:]}


def event(ticker: str, series_ticker: str) -> Object:
    return {"event_ticker": ticker, "series_ticker": series_ticker}


def market(ticker: str, updated: str | None = "2026-11-01T00:00:00Z", **more: Any) -> Object:
    times = {"open_time": "2026-10-01T00:00:00Z", "close_time": "2027-01-01T00:00:00Z", "updated_time": updated}
    return {"ticker": ticker, "event_ticker": ticker.rpartition("-")[0], "status": "active", **times, **more}


class Listed:
    """The exchange of one test: pages of `page_rows`, and faults that count down with every request they hit."""

    def __init__(self, page_rows: int = 2) -> None:
        self.page_rows = page_rows
        self.lists: dict[str, list[Object]] = {
            "series": [],
            "events": [],
            "events/multivariate": [],
            "markets": [],
            "markets/trades": [],
            "historical/trades": [],
            "historical/markets": [],
        }
        self.cutoff = "2026-09-01T00:00:00Z"
        self.busy = 0
        self.truncated = 0
        self.repeats_cursor = 0
        self.refuses = 0
        self.raw: dict[str, str | bytes] = {}  # whole bodies that are sent instead
        self.answers: dict[str, Answer] = {}  # what answers a list instead
        self.pause_seconds = 0.0
        self.hidden: dict[str, int] = {}  # tickers, and how many more answers leave them out
        self.requests: list[dict[str, str]] = []
        self.signed: list[bool] = []

    def asked(self, name: str) -> list[dict[str, str]]:
        return [request for request in self.requests if request["list"] == name]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix(f"{API}/")
        self.requests.append({"list": name, **request.query})
        self.signed.append("KALSHI-ACCESS-SIGNATURE" in request.headers)
        await asyncio.sleep(self.pause_seconds)
        if name in self.answers:
            return await self.answers[name](request)
        if name in self.raw:
            raw = self.raw[name]
            return web.Response(body=raw if isinstance(raw, bytes) else raw.encode(), content_type="application/json")
        if self.refuses:
            return web.json_response({"code": "authentication_error"}, status=401)
        if self.busy:
            self.busy -= 1
            return web.json_response({"error": "too many requests"}, status=429)
        facts: dict[str, Object] = {
            "exchange/status": {"exchange_active": True, "trading_active": True},
            "exchange/schedule": {"schedule": {"standard_hours": [], "maintenance_windows": []}},
            "historical/cutoff": {"trades_created_ts": self.cutoff},
        }
        if name in facts:
            return web.json_response(facts[name])
        return self._page(name, request)

    def _page(self, name: str, request: web.Request) -> web.Response:
        found = [each for each in self.lists[name] if self._fits(each, request)]
        start = int(request.query.get("cursor") or 0)
        rows = found if name == "series" else found[start : start + self.page_rows]
        cursor = str(start + self.page_rows) if rows is not found and start + self.page_rows < len(found) else ""
        if self.repeats_cursor and request.query.get("cursor"):
            self.repeats_cursor -= 1
            cursor = request.query["cursor"]
        key = {"events/multivariate": "events"}.get(name, name.rpartition("/")[2])
        body = msgspec.json.encode({key: rows, "cursor": cursor})
        if self.truncated:
            self.truncated -= 1
            body = body[: len(body) // 2]
        return web.Response(body=body, content_type="application/json")

    def _fits(self, each: Object, request: web.Request) -> bool:
        query = request.query
        ticker = each.get("ticker") or each.get("event_ticker", "")
        if self.hidden.get(ticker, 0) > 0 and query.get("tickers"):
            self.hidden[ticker] -= 1
            return False
        moment = each.get("created_time", "")
        updated = each.get("updated_time") or each.get("last_updated_ts")
        return (
            (not query.get("tickers") or ticker in query["tickers"].split(","))
            and query.get("ticker", ticker) == ticker
            and each.get("status") in (None, STATUSES.get(query.get("status", ""), each.get("status")))
            and not (query.get("mve_filter") == "exclude" and ticker.startswith("KXMVE"))
            and (not query.get("min_ts") or seconds(moment) >= int(query["min_ts"]))
            and (not query.get("max_ts") or seconds(moment) <= int(query["max_ts"]))
            and (query.get("series_ticker") or ticker.partition("-")[0]) == ticker.partition("-")[0]
            and (not query.get("min_updated_ts") or seconds(updated) > int(query["min_updated_ts"]))
        )


def trade(number: int, created: str, ticker: str = "KXA-1-T1", **more: Any) -> Object:
    amounts = {"count_fp": "3.50", "yes_price_dollars": "0.4300", "no_price_dollars": "0.5700"}
    sides = {"taker_side": "yes", "taker_outcome_side": "yes", "taker_book_side": "bid", "is_block_trade": False}
    return {"trade_id": f"trade-{number:04}", "ticker": ticker, "created_time": created, **amounts, **sides, **more}


def seconds(text: str | None) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def serve(
    listed: Listed,
    use: Callable[[Rest], Awaitable[Result]],
    signer: Signer | None = None,
    refused: Callable[[BadAnswer], None] | None = None,
) -> Result:
    """Serve the lists while `use` asks for them."""

    async def ask(url: str) -> Result:
        async with ClientSession() as session:
            return await use(Rest(session, url, signer, Budget(FAST, FAST), refused))

    return serve_at(listed, ask)


def serve_at(listed: Listed, use: Callable[[str], Awaitable[Result]]) -> Result:
    """Serve the lists while `use` asks for them at the address it gets."""

    async def run() -> Result:
        application = web.Application()
        application.add_routes([web.get(f"{API}/{{path:.+}}", listed.answer)])
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            return await use(f"http://127.0.0.1:{runner.addresses[0][1]}{API}")
        finally:
            await runner.cleanup()

    return asyncio.run(run())
