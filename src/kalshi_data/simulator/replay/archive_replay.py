"""Plays a window of an archive to every client, with the books, listings and trades that were known then."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from kalshi_data.simulator.feed.commands import INDEX_CHANNEL
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.start_condition import StartCondition, wait_until_subscribed
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.messages import Message, make_message
from kalshi_data.simulator.replay.archive_source import ArchiveSource
from kalshi_data.simulator.replay.candle_store import CandleStore
from kalshi_data.simulator.replay.fact_merge import CHANGE, LIFECYCLE, TICKER, TRADE, Fact
from kalshi_data.simulator.replay.fact_messages import FactMessages
from kalshi_data.simulator.replay.listing_history import ListingHistory
from kalshi_data.simulator.replay.play_clock import SECOND_US, PlayClock
from kalshi_data.simulator.replay.played_books import PlayedBooks
from kalshi_data.simulator.venue.listings import Listings
from kalshi_data.simulator.venue.trade_history import Candlesticks, TradeHistory

PROGRESS_SECONDS = 0.25
# While clients are waited for, the window could begin at any moment.
GUESS_SECONDS = 10.0
FACTS_AT_ONCE = 2_000
# Other tasks run after this many messages at the latest.
MESSAGES_AT_ONCE = 50
UNIT = "s of the window"
Announce = Callable[[dict[str, Any]], None]


class ArchiveReplay:
    """A venue whose books, listings and trades are those of a window of an archive."""

    def __init__(
        self, source: ArchiveSource, clock: PlayClock, journal: Path | None, announce: Announce, limits: Limits
    ) -> None:
        """Load what is known at the beginning of the window.

        Raises:
            ArchiveError: the window cannot be played.
        """
        loaded = source.load()
        self._source = source
        self._clock = clock
        self._announce = announce
        self._clock.start(time.time_ns() // 1_000)
        self.publisher = Publisher(Journal(journal), limits)
        self.publisher.venue = self
        self.publisher.index_ids = source.indices
        if clock.keeps_times:
            self.publisher.wall_clock_us = lambda: clock.played_us(time.time_ns() // 1_000)
        self.listings = Listings(removed_fields=limits.removed_fields)
        self._ids = dict(loaded.ids)
        self._tickers = {each: name for name, each in self._ids.items()}
        self._messages = FactMessages(clock, self._ids)
        self._books = PlayedBooks(loaded.opening, loaded.early)
        self._history = ListingHistory(self.listings, clock)
        self._history.add(loaded.known)
        self._history.add_later(loaded.later)
        self._history.add_objects(loaded.events, loaded.series, only_listed=source.window.markets is not None)
        for market in loaded.opening if not loaded.known else ():
            self._history.add_named(market)
        self._earlier = [(row[0], row[1], self._messages.trade(row).body) for row in loaded.earlier_trades]
        self._with_books = set(loaded.opening)
        self._candles = CandleStore()
        self._last_tickers: dict[str, Message] = {}
        ends = {each.to_us for each in source.gaps if each.to_us < source.window.until_us}
        self._gap_ends = sorted(ends)
        self.trade_history = self._moved_trades()

    async def run(self, start: StartCondition) -> None:
        """Wait until what is played is subscribed, then play; then keep the last state."""
        wanted = self._wanted()
        guessing = asyncio.ensure_future(self._guess_start())
        try:
            await wait_until_subscribed(self.publisher, start, lambda: wanted, self._announce)
        finally:
            guessing.cancel()
        self._clock.start(time.time_ns() // 1_000)
        self._refresh()
        window = self._source.window
        total = -(-(self._clock.due_us(window.until_us) - self._clock.start_us) // SECOND_US)
        self._announce({"event": "started", "total": total, "unit": UNIT, "start_us": self._clock.start_us})
        await self._play(total)
        await self._wait_until(window.until_us)
        self._history.until(window.until_us)
        self.publisher.journal.flush()
        self._announce({"event": "finished", "total": total})

    async def _play(self, total: int) -> None:
        announced_at = time.monotonic()
        published = 0
        async for fact in self._facts():
            while self._gap_ends and fact.at_us >= self._gap_ends[0]:
                await self._end_gap(self._gap_ends.pop(0))
            if fact.at_us > self._now_us() or published % MESSAGES_AT_ONCE == 0:
                await self.publisher.wait_for_clients()
                await self._wait_until(fact.at_us)
                self._history.until(fact.at_us)
                if time.monotonic() - announced_at > PROGRESS_SECONDS:
                    announced_at = time.monotonic()
                    done = (self._clock.due_us(fact.at_us) - self._clock.start_us) // SECOND_US
                    self._announce({"event": "progress", "done": min(done, total), "unit": UNIT})
            self._publish(fact)
            published += 1
        while self._gap_ends:
            await self._end_gap(self._gap_ends.pop(0))

    async def _facts(self) -> AsyncGenerator[Fact]:
        """Yield the facts; they are made in another thread, while clients are served."""
        facts = self._source.facts()
        coming = asyncio.ensure_future(asyncio.to_thread(_take, facts))
        try:
            while batch := await coming:
                coming = asyncio.ensure_future(asyncio.to_thread(_take, facts))
                for fact in batch:
                    yield fact
        finally:
            await asyncio.wait([coming])

    def _publish(self, fact: Fact) -> None:
        """Play one fact: change what REST and snapshots answer, then send its message."""
        at_us, rank, _, row = fact
        market = row[1]
        if rank == CHANGE:
            book = self._books.change(row)
            message = self._messages.change(row)
            if book is not None:
                self._candles.quote(market, self._clock.moved(at_us), book)
        elif rank == TRADE:
            message, moved_us = self._messages.trade(row), self._clock.moved(at_us)
            self.trade_history.add(moved_us, market, message.body)
            self._candles.trade(market, moved_us, row[3], row[5])
        elif rank == TICKER:
            message = self._last_tickers[market] = self._messages.ticker(row)
            self._candles.interest(market, row[10])
        elif rank == LIFECYCLE:
            self._history.take(at_us, *row[1:])
            if row[2] == "created" and market not in self._with_books:
                self._books.create(market)
            message = self._messages.lifecycle(row)
        else:
            message = self._messages.index_value(row)
        self.publisher.publish(message)

    async def _end_gap(self, at_us: int) -> None:
        """Take the books after a gap, and end all sessions, so that clients subscribe again, as they had to then."""
        await self._wait_until(at_us)
        named = {each.market_ticker for each in self._source.gaps if each.to_us == at_us}
        markets = None if "" in named else sorted(named)
        opening = await asyncio.to_thread(self._source.opening_books, at_us, markets)
        self._books.begin_again(opening, markets)
        for session in tuple(self.publisher.sessions):
            session.wire.abort()
        self._announce({"event": "gap", "markets": None if markets is None else len(markets)})

    async def _guess_start(self) -> None:
        """While clients are waited for, let times be those of a window that begins now."""
        while True:
            await asyncio.sleep(GUESS_SECONDS)
            self._clock.start(time.time_ns() // 1_000)
            self._refresh()

    def _refresh(self) -> None:
        """Move what REST answers to where the window begins."""
        self._history.refresh()
        self.trade_history = self._moved_trades()

    def _moved_trades(self) -> TradeHistory:
        """Return the trades before the window with the times of the clock."""
        history = TradeHistory()
        for at_us, market, body in self._earlier:
            history.add(self._clock.moved(at_us), market, body)
        return history

    async def _wait_until(self, at_us: int) -> None:
        wait_us = self._clock.due_us(at_us) - time.time_ns() // 1_000
        if wait_us > 0:
            await asyncio.sleep(wait_us / SECOND_US)

    def _now_us(self) -> int:
        return self._clock.played_us(time.time_ns() // 1_000)

    def _wanted(self) -> dict[str, set[str]]:
        """Return the channels to wait for, with the markets that trade at the beginning and have a book."""
        markets = self._history.active() & self._with_books
        channels = ("ticker", "trade", "market_lifecycle_v2", *((INDEX_CHANNEL,) if self._source.indices else ()))
        books = {"orderbook_delta": markets} if markets else {}
        return {**{channel: set[str]() for channel in channels}, **books}

    def close(self) -> None:
        """Stop reading, and close the journal."""
        self._source.close()
        self.publisher.journal.close()

    def snapshot(self, market_ticker: str) -> Message | None:
        """Return a market's order book as played so far, or None if it is not known."""
        book = self._books.get(market_ticker)
        if book is None:
            return None
        body: dict[str, Any] = {"market_ticker": market_ticker, "market_id": self.id_of(market_ticker)}
        if book.clock is not None:
            body["clock"] = book.clock
        levels = self._books.levels(market_ticker) or {}
        sides = {f"{side}_dollars_fp": held for side, held in levels.items() if held}
        return make_message("orderbook_snapshot", market_ticker, {**body, **sides})

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return the last ticker message of a market that was played, or None if there was none."""
        return self._last_tickers.get(market_ticker)

    def restart_clocks(self) -> None:
        """Do nothing: the clocks are those of the archive."""

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]] | None:
        """Return both sides of an order book as played so far, or None if it is not known."""
        return self._books.levels(market_ticker)

    def candles(self, market_ticker: str) -> Candlesticks:
        """Return the candlesticks of a market since the beginning of the window."""
        return self._candles.of(market_ticker)

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty if the archive has none."""
        return self._ids.get(market_ticker, "")

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id."""
        return self._tickers.get(market_id)


def _take(facts: Iterator[Fact]) -> list[Fact]:
    return list(islice(facts, FACTS_AT_ONCE))
