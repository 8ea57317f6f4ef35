"""Talks to an exchange with kalshi-sdk, unchanged, and prints what it got as one JSON object.

It runs in an environment of its own: with_kalshi_sdk.py REST_URL WEBSOCKET_URL KEY_ID PRIVATE_KEY_FILE
"""

import asyncio
import json
import sys

from kalshi import KalshiClient
from kalshi.auth import KalshiAuth
from kalshi.config import KalshiConfig
from kalshi.ws.client import KalshiWebSocket

MESSAGES_WANTED = 40
SECONDS_MAX = 60
SNAPSHOT = "OrderbookSnapshotMessage"


def rest(config, auth):
    """Page through the lists, and fetch a book, trades and candlesticks."""
    with KalshiClient(auth=auth, config=config) as client:
        # Pages are no snapshot: a market that moved from one to the next comes twice.
        tickers = list(dict.fromkeys(each.ticker for each in client.markets.list_all(status="open", limit=30)))
        first = tickers[0]
        book = client.markets.orderbook(first)
        return {
            "active": client.exchange.status().trading_active,
            "series": [each.ticker for each in client.series.list()],
            "events": [each.event_ticker for each in client.events.list_all(limit=7)],
            "markets": tickers,
            "market": client.markets.get(first).ticker,
            "levels": len(book.yes) + len(book.no),
            "trades": [each.trade_id for each in client.markets.list_all_trades(limit=20, max_pages=3)],
            "combos": [each.event_ticker for each in client.events.list_all_multivariate()],
            "cutoff": str(client.historical.cutoff().market_settled_ts),
            # An exchange that plays an archive knows the books of some markets only.
            "books": [each.ticker for each in client.markets.bulk_orderbooks(tickers=tickers)],
        }


async def feed(config, auth, tickers):
    """Subscribe books, trades and tickers on one connection and count typed messages."""
    seen = {}

    async def follow(stream, until):
        async for message in stream:
            name = type(message).__name__
            seen[name] = seen.get(name, 0) + 1
            if seen.get(until, 0) >= (len(tickers) if until == SNAPSHOT else MESSAGES_WANTED):
                return

    async def follow_all(session):
        books = await session.subscribe_orderbook_delta(tickers=tickers, maxsize=100_000)
        # This client drops what arrives while it waits for the answer to its next command, so snapshots come first.
        await follow(books, SNAPSHOT)
        trades, tickers_ = await session.subscribe_trade(), await session.subscribe_ticker()
        kinds = ((books, "OrderbookDeltaMessage"), (trades, "TradeMessage"), (tickers_, "TickerMessage"))
        await asyncio.gather(*(follow(*each) for each in kinds))

    async with KalshiWebSocket(auth=auth, config=config).connect() as session:
        await asyncio.wait_for(follow_all(session), SECONDS_MAX)
    return seen


def main():
    """Print one JSON object."""
    rest_url, websocket_url, key_id, private_key_file = sys.argv[1:]
    config = KalshiConfig(base_url=rest_url, ws_base_url=websocket_url)
    auth = KalshiAuth.from_key_path(key_id, private_key_file)
    found = rest(config, auth)
    found["messages"] = asyncio.run(feed(config, auth, found["books"]))
    sys.stdout.write(json.dumps(found))


main()
