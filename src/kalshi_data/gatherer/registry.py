"""The exchange's series, events and markets as this gatherer knows them, kept in kalshi_meta."""

import asyncio
from typing import Any, NamedTuple

import msgspec
import structlog

from kalshi_data.database import Connection, query
from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.kalshi.rest import Rest

log = structlog.get_logger()


class Listing(NamedTuple):
    """A list the exchange offers, and the largest page it gives; 0 where it is not paginated."""

    path: str
    key: str
    page_rows_max: int


LISTINGS = {
    "series": Listing("/series", "series", 0),
    "events": Listing("/events", "events", 200),
    "markets": Listing("/markets", "markets", 1000),
}


async def load_registry(rest: Rest, connection: Connection, subscriptions: Subscriptions) -> list[str]:
    """Store all series, events and open markets, and return the tickers of the markets to subscribe.

    Raises:
        ExchangeError: the exchange does not answer.
    """
    tickers: dict[str, None] = {}
    for name, listing in LISTINGS.items():
        objects = 0
        async for page in rest.pages(listing.path, listing.key, parameters(name, listing, subscriptions)):
            await asyncio.to_thread(store, connection, name, page)
            objects += len(page)
            if name == "markets":
                # Rows may shift between pages, so a market may come twice.
                tickers |= dict.fromkeys(str(market["ticker"]) for market in page)
        log.info("registry loaded", listing=name, objects=objects)
    return list(tickers)


def parameters(name: str, listing: Listing, subscriptions: Subscriptions) -> dict[str, str]:
    """Return the query of one listing."""
    pages = {"limit": str(listing.page_rows_max)} if listing.page_rows_max else {}
    if name != "markets":
        return pages
    return pages | {"status": "open"} | ({} if subscriptions.combos else {"mve_filter": "exclude"})


def store(connection: Connection, name: str, page: list[dict[str, Any]]) -> int:
    """Keep the newest body of each object of one page; return how many were new or had changed."""
    bodies = msgspec.json.encode(page).decode()
    return connection.execute(query(f"registry/upsert_{name}"), {"bodies": bodies}).rowcount
