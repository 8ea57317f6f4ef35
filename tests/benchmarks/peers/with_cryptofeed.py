"""Feeds captured rows to cryptofeed's PostgreSQL backend and prints how long that took, as one JSON object.

It runs in an environment of its own: with_cryptofeed.py HOST DATABASE FILE. Each line of FILE is a stream, a ticker, a
side, two amounts and two Unix times.

cryptofeed is used as its manual says: a callback per channel with the database's address and nothing else changed.
What comes before the callbacks is left out in its favour: no socket, no parsing, no order books to keep up to date, no
log of frames; messages are made before the clock starts. A callback turns its message into a dictionary and puts that
in a queue without limit; a task per callback takes whatever is queued at that moment and writes it with one INSERT of
many rows in one transaction. How large these are depends on how fast messages come, so here they are handed over as
fast as they are taken, with at most as many waiting as the gatherer commits at once: a few thousand rows per INSERT are
close to the best for it.
"""

import asyncio
import csv
import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import asyncpg
from cryptofeed.backends.postgres import BookPostgres, TickerPostgres, TradePostgres
from cryptofeed.types import OrderBook, Ticker, Trade

WAITING_ROWS_MAX = 5_000
EXCHANGE = "KALSHI"
USER = "postgres"
# The tables of its own examples; the one for books is described in its code.
COMMON = (
    "id serial primary key, timestamp timestamp, receipt_timestamp timestamp, exchange varchar(32), symbol varchar(32)"
)
TABLES = f"""
create table book ({COMMON}, data jsonb);
create table ticker ({COMMON}, bid numeric(64, 32), ask numeric(64, 32));
create table trades (
    {COMMON},
    side varchar(8), amount numeric(64, 32), price numeric(64, 32), trade_id varchar(64), order_type varchar(32)
);
"""


class Delta:
    """A change of a book, as the callback gets it: a book with its last change."""

    def __init__(self, book, side, price, size, moment):
        """Keep the change until its book is handed over."""
        self.book = book
        changes = [(Decimal(price), Decimal(size))]
        self.delta = {"bid": changes, "ask": []} if side == "yes" else {"bid": [], "ask": changes}
        self.moment = moment

    def current(self):
        """Return the book as cryptofeed's feeds hand it over."""
        self.book.timestamp, self.book.delta = self.moment, self.delta
        return self.book


def message(books, stream, ticker, side, first, second, moment):
    """Return a row as the object that a feed of cryptofeed makes of it."""
    if stream == "trades":
        side = "buy" if side == "yes" else "sell"
        return Trade(EXCHANGE, ticker, side, Decimal(second), Decimal(first), moment, id=f"{ticker}-{moment}")
    if stream == "tickers":
        return Ticker(EXCHANGE, ticker, Decimal(first), Decimal(second), moment)
    book = books.setdefault(ticker, OrderBook(EXCHANGE, ticker))
    return Delta(book, side, first, second, moment)


def read(file):
    """Return messages with their streams and receive times."""
    books = {}
    with Path(file).open(newline="") as lines:
        return [
            (stream, message(books, stream, ticker, side, first, second, float(moment)), float(received))
            for stream, ticker, side, first, second, moment, received in csv.reader(lines)
        ]


async def feed(messages, callbacks):
    """Hand messages over and wait until all are written."""
    waiting = [callback.queue for callback in callbacks.values()]
    for number, (stream, content, received) in enumerate(messages):
        handed_over = content.current() if isinstance(content, Delta) else content
        await callbacks[stream](handed_over, received)
        if number % 100 == 0:
            while sum(queue.qsize() for queue in waiting) >= WAITING_ROWS_MAX:
                await asyncio.sleep(0.0005)
    for queue in waiting:
        await queue.join()


async def main(host, database, file):
    """Print one JSON object."""
    connection = await asyncpg.connect(host=host, database=database, user=USER)
    await connection.execute(TABLES)
    kinds = {"orderbook_deltas": BookPostgres, "trades": TradePostgres, "tickers": TickerPostgres}
    callbacks = {stream: kind(host=host, user=USER, db=database) for stream, kind in kinds.items()}
    messages = read(file)
    for callback in callbacks.values():
        callback.start(asyncio.get_running_loop())
    began, used = time.perf_counter(), time.process_time()
    await feed(messages, callbacks)
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - used}
    tables = ("book", "trades", "ticker")
    figures["rows"] = sum([await connection.fetchval(f"select count(*) from {table}") for table in tables])
    sys.stdout.write(json.dumps({**figures, "fed": len(messages)}))


asyncio.run(main(*sys.argv[1:]))
