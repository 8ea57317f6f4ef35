"""The seeded market model: the same settings give the same run, message by message, from the moment it begins.

The times in messages are those of the run's plan, counted from its beginning; a slow machine sends late, but the same.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from itertools import accumulate, count
from typing import Any

import msgspec

from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.model.lifecycles import MICROSECONDS, Stories, collection, is_combo
from kalshi_data.simulator.model.market import Market
from kalshi_data.simulator.model.trading import Traders
from kalshi_data.simulator.published import Fact, fact
from kalshi_data.simulator.venue.listings import ListedMarket, Listings, event_of
from kalshi_data.simulator.venue.price_grids import GRIDS
from kalshi_data.simulator.venue.tape import Candles, Tape

TICK_US = 10_000
PROGRESS_SECONDS = 0.25
# A burst of half a second every twenty, ten times the mean; what is left keeps the mean.
BURST_EVERY_US, BURST_US, BURST_FACTOR = 20_000_000, 500_000, 10.0
CALM_FACTOR = (BURST_EVERY_US - BURST_FACTOR * BURST_US) / (BURST_EVERY_US - BURST_US)
INDICES = {"BRTI": 101_000, "ETHUSD_RTI": 4_000, "SOLUSD_RTI": 190}
LABELS = ("linear_cent", "linear_cent", "deci_cent", "tapered_deci_cent", "center_centi_edge_centi_cent")
COMBO_GRID = GRIDS["center_deci_edge_centi_cent"]
SERIES = 8
MARKETS_PER_EVENT = 5

Announce = Callable[[dict[str, Any]], None]


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """What is run: `seconds` is the length, 0 for no end; `hurry` sends without keeping to the times."""

    seed: int = 1
    markets: int = 200
    deltas_per_second: float = 300.0
    stories_per_second: float = 1.0
    seconds: float = 30.0
    hurry: bool = False


class Model:
    """All markets, their traders and their stories; the venue behind REST and the feed."""

    def __init__(self, plan: Plan, publisher: Publisher, announce: Announce) -> None:
        """List the markets of a plan; nothing happens before run()."""
        self._plan = plan
        self._dice = random.Random(plan.seed)  # noqa: S311 - a game, not a secret
        self._announce = announce
        self.publisher = publisher
        self.publisher.venue, self.publisher.index_ids = self, tuple(INDICES)
        self.listings = Listings()
        self.tape = Tape()
        self.markets: dict[str, Market] = {}
        self._ids: dict[str, str] = {}
        self._removed = {"liquidity_dollars": "0.0000"} if publisher.limits.removed_fields else {}
        self._traders = Traders(self._dice, self.tape.add)
        self.stories: Stories
        self._active: list[Market] = []
        self._weights: list[float] = []
        self._carried = 0.0
        self._list_markets(int(time.time()))

    def _list_markets(self, began_s: int) -> None:
        """List the markets that are there from the beginning, one in twenty of them a combo."""
        for number in range(self._plan.markets):
            event, combo = number // MARKETS_PER_EVENT, number % 20 == 19
            name = "KXMVESIM" if combo else f"KXSIM{chr(65 + event % SERIES)}"
            market = self._create(f"{name}-E{event}-T{number}", began_s, opened=True)
            self._traders.open_book(market, (began_s - 60) * MICROSECONDS)
        self._note_books()
        events = [each for each in self.listings.events if not each.startswith("KXMVE")][:10]
        if any(is_combo(market) for market in self.markets.values()):
            self.listings.collections["KXMVESIM-R"] = collection("KXMVESIM", events, began_s)

    def _create(self, ticker: str, now_s: int, *, opened: bool) -> Market:
        combo = ticker.startswith("KXMVE")
        grid = COMBO_GRID if combo else GRIDS[self._dice.choice(LABELS)]
        open_s = now_s - 86_400 if opened else now_s + 1
        market = Market(ticker, grid, self._dice, (open_s, now_s + 7 * 86_400))
        market.created_s = market.updated_s = min(open_s, now_s)
        market.status = "active" if opened else "initialized"
        self.markets[ticker] = market
        self._ids[market.id] = ticker
        times = (market.created_s, market.updated_s, market.close_s)
        self.listings.add(ListedMarket(ticker, event_of(ticker), *times, lambda: {**market.object(), **self._removed}))
        return market

    async def run(self, clients: int) -> None:
        """Wait until `clients` clients subscribed every market, then run to the end of the plan."""
        wanted = {channel: set[str]() for channel in ("ticker", "trade", "market_lifecycle_v2")}
        wanted["orderbook_delta"] = set(self.markets)
        while not self.publisher.covered(clients, lambda: wanted):
            await asyncio.sleep(0.02)
        total = int(self._plan.seconds * MICROSECONDS) // TICK_US
        self._announce({"event": "started", "frames": total, "unit": "ticks of 10 ms"})
        play = self.player(self.publisher.now_ms() // 1000 * MICROSECONDS)
        began = told = time.monotonic()
        tick = 0
        while not total or tick < total:
            play()
            tick += 1
            await self._keep_pace(began + tick * TICK_US / MICROSECONDS)
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.publisher.journal.flush()  # whoever hears of progress can read of it
                self._announce({"event": "progress", "frames": tick})
        self._note_books()
        self.publisher.journal.flush()
        self._announce({"event": "finished", "frames": total})

    def close(self) -> None:
        """Close the journal."""
        self.publisher.journal.close()

    def player(self, began_us: int) -> Callable[[], None]:
        """Return what publishes one tick after the other; the first begins at `began_us`, in µs since 1970."""
        self.stories = Stories(self._dice, self._plan.stories_per_second, began_us)
        self.stories.created = lambda ticker, now_s: self._create(ticker, now_s, opened=False)
        ticks = count()
        return lambda: self._play(began_us, next(ticks))

    def _note_books(self) -> None:
        """Write every book into the journal, as it is now."""
        for market in self.markets.values():
            self.publisher.journal.noted(self.publisher.now_ms(), book=market.book())

    async def _keep_pace(self, due: float) -> None:
        """Wait until the next tick is due; a run in a hurry waits only for its clients."""
        if self._plan.hurry:
            await self.publisher.room()
            return
        self.publisher.end_overflowing()
        await asyncio.sleep(max(due - time.monotonic(), 0))

    def _play(self, began_us: int, tick: int) -> None:
        """Publish one tick."""
        if tick % 25 == 0:
            self._choose_active()
        for each in self._tick(began_us + tick * TICK_US, tick):
            self.publisher.publish(each)

    def _choose_active(self) -> None:
        """Note who can trade; few markets have most of the activity, as on the exchange."""
        self._active = [market for market in self.markets.values() if market.status == "active"]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._active))))
        for listed in self.listings.markets.values():
            market = self.markets[listed.ticker]
            listed.status, listed.updated_s, listed.close_s = market.status, market.updated_s, market.close_s
            listed.settled_s = market.settled_s

    def _tick(self, moment_us: int, tick: int) -> Iterator[Fact]:
        """Yield the messages of one tick: stories, trading, and once a second the indices."""
        yield from self.stories.until(moment_us + TICK_US, self._active)
        in_burst = (tick * TICK_US) % BURST_EVERY_US >= BURST_EVERY_US - BURST_US
        rate = self._plan.deltas_per_second * (BURST_FACTOR if in_burst else CALM_FACTOR)
        budget = rate * TICK_US / MICROSECONDS + self._carried if self._active else 0.0
        done = 0
        while done < budget:
            market = self._dice.choices(self._active, cum_weights=self._weights)[0]
            if market.status == "active":
                for each in self._traders.act(market, moment_us + min(int(TICK_US * done / budget), TICK_US - 1)):
                    done += each.type == "orderbook_delta"
                    yield each
            done += 0.01
        self._carried = budget - done
        if tick % 100 == 0:
            yield from self._indices(moment_us // 1000)

    def _indices(self, now_ms: int) -> Iterator[Fact]:
        """Yield a value of each index."""
        for name, level in INDICES.items():
            value = f"{level + self._dice.randrange(-500, 500) / 100:.2f}"
            data = msgspec.json.encode({"type": "value", "id": name, "time": now_ms, "value": value}).decode()
            window = {"window_start_ts_ms": now_ms - 60_000, "window_end_ts_exclusive": now_ms}
            average = {"value": f"{value}000000", "window_size": 59, **window}
            body = {"index_id": name, "received_at": now_ms + 30, "data": data, "avg_60s_data": average}
            yield fact("cfbenchmarks_value", name, body)

    def snapshot(self, market_ticker: str) -> Fact:
        """Return a market's book; a market nobody knows has an empty id and no levels."""
        market = self.markets.get(market_ticker)
        if market is None:
            return fact(
                "orderbook_snapshot", market_ticker, {"market_ticker": market_ticker, "market_id": "", "clock": 0}
            )
        return market.snapshot()

    def summary(self, market_ticker: str) -> Fact | None:
        """Return a market's ticker message as it is now."""
        market = self.markets.get(market_ticker)
        return None if market is None else market.summary(self.publisher.now_ms() * 1000)

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty for one that nobody knows."""
        market = self.markets.get(market_ticker)
        return market.id if market else ""

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id."""
        return self._ids.get(market_id)

    def restart_clocks(self) -> None:
        """Let the clock of every market go back, as it may across maintenance."""
        for market in self.markets.values():
            market.clock //= 2

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]]:
        """Return both sides of a book."""
        return self.markets[market_ticker].levels()

    def candles(self, market_ticker: str) -> Candles:
        """Return a market's minutes."""
        return self.markets[market_ticker].candles
