"""Talks to an exchange with kalshi-python-sync, unchanged, and prints what it got as one JSON object.

It runs in an environment of its own: with_kalshi_python_sync.py REST_URL WEBSOCKET_URL KEY_ID PRIVATE_KEY_FILE. This
client knows REST only; every answer passes its generated models.
"""

import json
import sys
from pathlib import Path

from kalshi_python_sync import Configuration, EventsApi, ExchangeApi, HistoricalApi, KalshiClient, MarketApi

PAGES_MAX = 20


def pages(fetch, name, **query):
    """Follow cursors to the end."""
    cursor, rows = None, []
    for _ in range(PAGES_MAX):
        page = fetch(cursor=cursor, **query)
        rows += getattr(page, name)
        cursor = page.cursor
        if not cursor:
            return rows
    raise RuntimeError("the pages do not end")


def main():
    """Print one JSON object."""
    rest_url, _, key_id, private_key_file = sys.argv[1:]
    configuration = Configuration(host=rest_url)
    configuration.api_key_id = key_id
    configuration.private_key_pem = Path(private_key_file).read_text()
    client = KalshiClient(configuration)
    market_api, events_api = MarketApi(client), EventsApi(client)
    markets = pages(market_api.get_markets, "markets", limit=30, status="open")
    first = markets[0].ticker
    book = market_api.get_market_orderbook(first).orderbook_fp
    found = {
        "active": ExchangeApi(client).get_exchange_status().trading_active,
        "series": [each.ticker for each in market_api.get_series_list().series],
        "events": [each.event_ticker for each in pages(events_api.get_events, "events", limit=7)],
        "markets": [each.ticker for each in markets],
        "market": market_api.get_market(first).market.ticker,
        "levels": len(book.yes_dollars) + len(book.no_dollars),
        "trades": [each.trade_id for each in market_api.get_trades(limit=20).trades],
        "combos": [each.event_ticker for each in pages(events_api.get_multivariate_events, "events", limit=100)],
        "cutoff": str(HistoricalApi(client).get_historical_cutoff().market_settled_ts),
    }
    found["messages"] = {}
    sys.stdout.write(json.dumps(found))


main()
