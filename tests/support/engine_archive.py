"""Archives of some hours with what backtest engines stumble over, made at random from a seed."""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from kalshi_data.reader import Archive, Book
from kalshi_data.reader.engines.market_events import BookEvent, EngineLevel, EngineTrade, TradeCount
from kalshi_data.reader.times import microseconds
from tests.support.sample_archive import HOUR, Row, after, delta, snapshot, trade, write_rows

HOURS = tuple(HOUR + timedelta(hours=number) for number in range(3))
START, END = "2026-11-02T15:00:12.5Z", "2026-11-02T18:00Z"
# A fractional strike has a dot; prices have 4 places.
BUSY, QUIET, BIDS_ONLY, EMPTY = "KXBUSY-26NOV02-T154.4", "KXQUIET-26NOV02-T1", "KXBIDS-26NOV02-T1", "KXEMPTY-26NOV02-T1"
BORN, SETTLED = "KXBORN-26NOV02-T1", "KXSETTLED-26NOV02-T1"
MARKETS = (BIDS_ONLY, BORN, BUSY, EMPTY, QUIET, SETTLED)
CHANGES = 600
STREAMS = ("trades", "orderbook_deltas", "orderbook_snapshots", "lifecycle_events")
Level = tuple[str, Decimal]


class EngineState(NamedTuple):
    """A whole book in millionths of YES after something happened, on both clocks in microseconds."""

    at_us: int
    local_us: int
    bids: Mapping[int, int]
    asks: Mapping[int, int]


class MarketMaker:
    """Trades one market at random; its bids stay below 0.5 and its asks above."""

    def __init__(self, market: str, seed: int, *, has_clock: bool = True) -> None:
        self.market = market
        self.rows: dict[str, list[Row]] = {name: [] for name in STREAMS}
        self._chance = random.Random(seed)
        self._has_clock = has_clock
        self._book: dict[Level, Decimal] = {}
        self._clock = 5

    def trade_until(self, seconds: float, changes: int) -> None:
        """Change the book now and then, with a snapshot now and then, and a change at each full hour."""
        moments = sorted(self._chance.random() * seconds for _ in range(changes))
        moments += [float(hour) for hour in range(3600, int(seconds), 3600)]
        self.show(10)
        for number, at in enumerate(sorted(20 + each * (seconds - 20) / seconds for each in moments)):
            self._clock += self._chance.randrange(1, 3)
            exact = round(at, 6) if number % 50 else float(round(at))
            for level in dict.fromkeys(self._level() for _ in range(self._chance.choice([1, 1, 2, 3]))):
                self._change(exact, level)
            if number % 97 == 60:
                for level in [each for each in self._book if each[0] == self._chance.choice(["yes", "no"])]:
                    self._change(exact, level, Decimal(0))
            if number % 211 == 100:
                # The gatherer's clock may be ahead of the next change.
                self.show(exact + self._chance.choice([0.0001, 0.5, 8]))
            if number % 3 == 0:
                self._print(exact)

    def show(self, seconds: float) -> None:
        """Send a snapshot."""
        yes, no = (
            {str(price): str(size) for (of, price), size in self._book.items() if of == side} for side in ("yes", "no")
        )
        given = {"gatherer_id": 1, "occurrence": 0 if self._has_clock else 1}
        clock = self._clock if self._has_clock else 0
        self.rows["orderbook_snapshots"].append(snapshot(seconds, clock, yes, no, self.market, **given))

    def set(self, side: str, price: str, size: str) -> None:
        """Let a level have a size without a change."""
        self._book[side, Decimal(price)] = Decimal(size)

    def _level(self) -> Level:
        return self._chance.choice(["yes", "no"]), Decimal(self._chance.randrange(4_900, 5_000)) / 10_000

    def _change(self, seconds: float, level: Level, size: Decimal | None = None) -> None:
        held = self._book.get(level, Decimal(0))
        if size is None:
            size = self._chance.choice([Decimal(0), Decimal(self._chance.randrange(1, 90_000)) / 100])
        if size == held:
            return
        # A gatherer's clock may be behind that of the exchange, and connections overtake each other.
        received = after(seconds + self._chance.random() / 12 - 0.002)
        given = {"received_at": received, "gatherer_id": self._chance.randrange(1, 4)}
        clock = self._clock if self._has_clock else 0
        self.rows["orderbook_deltas"].append(
            delta(seconds, clock, level[0], str(level[1]), str(size - held), self.market, **given)
        )
        self._book[level] = size
        if not size:
            del self._book[level]

    def _print(self, seconds: float) -> None:
        side = self._chance.choice(["yes", "no"])
        row = trade(
            round(seconds, 3), str(Decimal(self._chance.randrange(4_900, 5_100)) / 10_000), "1.25", side, self.market
        )
        row |= {"received_at": after(seconds + self._chance.random() / 12 - 0.002)}
        row |= {"is_block_trade": self._chance.random() < 0.1}
        if self._chance.random() < 0.1:
            row |= {"taker_side": None}
        self.rows["trades"].append(row)


def outcome(market: str, seconds: float, value: str) -> Row:
    said = {"result": "yes" if value == "1.0000" else "no", "settlement_value": value}
    seen = {"seen_at": after(seconds), "received_at": after(seconds)}
    return {"subject_ticker": market, "kind": "determined", "payload": json.dumps(said), **seen}


def write_engine_archive(root: Path, *, has_clock: bool = True, without: Sequence[datetime] = ()) -> Path:
    """Write an archive of three hours into a folder, and return it; `without` are hours that are missing."""
    busy, settled = (MarketMaker(name, seed, has_clock=has_clock) for name, seed in ((BUSY, 1), (SETTLED, 2)))
    busy.set("yes", "0.4955", "12.5")
    busy.set("no", "0.4956", "7")
    busy.trade_until(10_790, CHANGES)
    settled.trade_until(7_000, 40)
    quiet, bids, empty, born = (MarketMaker(name, 3, has_clock=has_clock) for name in (QUIET, BIDS_ONLY, EMPTY, BORN))
    for price in ("0.42", "0.43", "0.4011"):
        quiet.set("yes", price, "10")
        quiet.set("no", price, "3.5")
        bids.set("yes", price, "2")
    for each in (quiet, bids, empty):
        each.show(5)
    born.show(1_200)
    born.rows["orderbook_deltas"] += [delta(1_300, 9 * has_clock, "no", "0.55", "4", BORN)]
    rows = {
        name: [row for each in (busy, settled, quiet, bids, empty, born) for row in each.rows[name]] for name in STREAMS
    }
    rows["lifecycle_events"].append(outcome(SETTLED, 7_200, "1.0000"))
    times = {"orderbook_snapshots": "received_at", "lifecycle_events": "seen_at"}
    for name in STREAMS:
        for hour in HOURS:
            of_hour = [
                row for row in rows[name] if hour <= row[times.get(name, "exchange_ts")] < hour + timedelta(hours=1)
            ]
            if hour not in without:
                write_rows(root, name, of_hour, hour)
    listed = [
        {"ticker": each, "title": f"{each}?", "close_time": close, "fetched_at": after(-60), "body": "{}"}
        for each, close in ((BUSY, after(90_000)), (SETTLED, after(3_000)))
    ]
    write_rows(root, "markets", listed)
    return root


def tied_events(
    changes: int, received_us: int, trade_at_us: int, trade_received_us: int
) -> tuple[list[BookEvent], TradeCount]:
    """Return a book with a change of one level each microsecond from 1 on, the last received at a time, and a trade."""
    level = EngineLevel(is_bid=True, price=400_000, size=1_000_000)
    events = [BookEvent("whole", 0, 0, 1, [level])]
    for at in range(1, changes + 1):
        local = received_us if at == changes else at
        events.append(BookEvent("changes", at, local, 1, [level._replace(size=at * 1_000_000)]))
    last = EngineTrade(trade_at_us, trade_received_us, "T", 400_000, 1_000_000, "yes", is_block=False)
    return events, TradeCount([last], block_trades=False)


def states(archive: Archive, market: str, start: str = START, end: str = END) -> list[EngineState]:
    """Return the whole book after each step of the archive's walk that changes it, first that at the beginning."""
    found: list[EngineState] = []
    local, last = 0, microseconds(end) - 1
    for step, book in archive.walk(market, start, end):
        turn = step.turn
        if book.is_known and (not found or ladders(book) != found[-1][2:]):
            local = max(local, turn.at_us, min(turn.received_us, last))
            found.append(EngineState(turn.at_us, local, *ladders(book)))
    return found


def ladders(book: Book) -> tuple[dict[int, int], dict[int, int]]:
    """Return bids and asks on the scale of YES; no engine knows a size below 0."""
    bids, asks = book.yes_ladder.items(), book.no_ladder.items()
    return (
        {price: size for price, size in bids if size > 0},
        {1_000_000 - price: size for price, size in asks if size > 0},
    )
