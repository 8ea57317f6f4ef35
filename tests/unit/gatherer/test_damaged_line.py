"""A connection that loses a change without a sign of it is found out by the next snapshot."""

import asyncio
from typing import Any

import msgspec

from tests.support.played_exchange import PlayedExchange, PlayedGatherer

BOOKS = [f"KXA-26NOV-T{number}" for number in range(4)]


def test_a_change_that_the_exchange_never_sent_is_found_and_the_book_is_requested() -> None:
    exchange = PlayedExchange()
    gatherer = PlayedGatherer(exchange, BOOKS, audit_seconds=0.05)
    checks = gatherer.counters.book_checks

    lost: list[str] = []

    def has_recovered() -> bool:
        if not lost and checks["equal"] >= len(BOOKS):
            exchange.change(BOOKS[0])
            exchange.change(BOOKS[1], is_sent=False)
            lost.append(BOOKS[1])
        is_requested = checks["different"] > 0 and gatherer.counters.snapshots_requested["difference"] > 0
        return is_requested and any(item.stream == "gaps_repaired" for item in gatherer.items)

    asyncio.run(gatherer.until(has_recovered))
    found = [item.row for item in gatherer.items if item.stream == "book_checks" and not item.row[14]]
    levels = [{"side": "yes", "price": "0.4100", "rebuilt": "5.00", "published": "6.00"}]
    assert [(row[2], msgspec.json.decode(row[16])) for row in found] == [(BOOKS[1], levels)]
    assert checks["different"] == gatherer.counters.snapshots_requested["difference"] == 1
    gaps = [item.row for item in gatherer.items if item.stream in ("gaps_found", "gaps_repaired")]
    assert [gap[0] for gap in gaps] == [found[0][-1]] * 2
    assert gaps[1][2] == "snapshot"


def test_a_book_that_always_differs_is_requested_no_more_often_than_it_is_audited() -> None:
    exchange = PlayedExchange()
    send = exchange.snapshot

    def send_another(sid: int, ticker: str, **envelope: Any) -> None:
        exchange.change(ticker, is_sent=False)
        send(sid, ticker, **envelope)

    exchange.snapshot = send_another
    gatherer = PlayedGatherer(exchange, BOOKS, audit_seconds=0.05)
    asyncio.run(gatherer.until(lambda: gatherer.counters.book_checks["different"] >= 5 * len(BOOKS)))
    requested = gatherer.counters.snapshots_requested
    assert requested["difference"] <= len(BOOKS)
    assert gatherer.counters.book_checks["equal"] == 0
