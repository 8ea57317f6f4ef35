"""The seeded market model: the same settings give the same run, message by message.

The times in messages are counted from the start of the run; a slow machine sends the same messages later.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from itertools import accumulate, count
from typing import Any

import msgspec

from kalshi_data.simulator.feed.commands import INDEX_CHANNEL
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.start_condition import StartCondition, wait_until_subscribed
from kalshi_data.simulator.messages import Message, make_message
from kalshi_data.simulator.model.lifecycles import MICROSECONDS, Lifecycles, collection, is_combo
from kalshi_data.simulator.model.market import Market
from kalshi_data.simulator.model.trading import Traders
from kalshi_data.simulator.venue.listings import ListedMarket, Listings, event_of
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS
from kalshi_data.simulator.venue.trade_history import Candlesticks, TradeHistory

TICK_US = 10_000
PROGRESS_SECONDS = 0.25
# A run without an end needs few reports.
ENDLESS_PROGRESS_SECONDS = 60.0
# Every 20 s the rate is ten times the mean for half a second; the rest of the time it is lower, to keep the mean.
BURST_EVERY_US, BURST_US, BURST_FACTOR = 20_000_000, 500_000, 10.0
CALM_FACTOR = (BURST_EVERY_US - BURST_FACTOR * BURST_US) / (BURST_EVERY_US - BURST_US)
INDICES = {"BRTI": 101_000, "ETHUSD_RTI": 4_000, "SOLUSD_RTI": 190}
LABELS = ("linear_cent", "linear_cent", "deci_cent", "tapered_deci_cent", "center_centi_edge_centi_cent")
COMBO_PRICE_GRID = PRICE_GRIDS["center_deci_edge_centi_cent"]
SERIES = 8
# Combos are on a shard of their own.
SHARDS = 2
HALTS = ("trading_pause", "exchange_halt")
MARKETS_PER_EVENT = 5

Announce = Callable[[dict[str, Any]], None]


class ModelSettings(msgspec.Struct, kw_only=True, frozen=True):
    """The settings of a run: `seconds` is its length, 0 for no end; `unpaced` runs do not wait for the clock."""

    seed: int = 1
    markets: int = 200
    deltas_per_second: float = 300.0
    lifecycles_per_second: float = 1.0
    seconds: float = 30.0
    unpaced: bool = False


class MarketModel:
    """All markets with their traders and lifecycles; the venue behind REST and the feed."""

    def __init__(self, settings: ModelSettings, publisher: Publisher, announce: Announce) -> None:
        """List the markets; run() starts trading."""
        self._settings = settings
        self._rng = random.Random(settings.seed)  # noqa: S311 - not used for secrets
        self._announce = announce
        self.publisher = publisher
        self.publisher.venue, self.publisher.index_ids = self, tuple(INDICES)
        self.listings = Listings(removed_fields=publisher.limits.removed_fields)
        self.trade_history = TradeHistory()
        self.markets: dict[str, Market] = {}
        self._ids: dict[str, str] = {}
        self._traders = Traders(self._rng, self.trade_history.add)
        self.lifecycles: Lifecycles
        self._active: list[Market] = []
        self._weights: list[float] = []
        self._carried = 0.0
        self._list_markets(int(time.time()))

    def _list_markets(self, started_s: int) -> None:
        """List the markets of the start; one in twenty is a combo."""
        for number in range(self._settings.markets):
            event, combo = number // MARKETS_PER_EVENT, number % 20 == 19
            name = "KXMVESIM" if combo else f"KXSIM{chr(65 + event % SERIES)}"
            market = self._create(f"{name}-E{event}-T{number}", started_s, opened=True)
            self._traders.open_book(market, (started_s - 60) * MICROSECONDS)
        self._record_books()
        events = [each for each in self.listings.events if not each.startswith("KXMVE")][:10]
        if any(is_combo(market) for market in self.markets.values()):
            self.listings.collections["KXMVESIM-R"] = collection("KXMVESIM", events, started_s)

    def _create(self, ticker: str, now_s: int, *, opened: bool) -> Market:
        combo = ticker.startswith("KXMVE")
        grid = COMBO_PRICE_GRID if combo else PRICE_GRIDS[self._rng.choice(LABELS)]
        open_s = now_s - 86_400 if opened else now_s + 1
        market = Market(ticker, grid, self._rng, (open_s, now_s + 7 * 86_400))
        market.created_s = market.updated_s = min(open_s, now_s)
        market.status = "active" if opened else "initialized"
        self.markets[ticker] = market
        self._ids[market.id] = ticker
        times = (market.created_s, market.updated_s, market.close_s)
        self.listings.add(ListedMarket(ticker, event_of(ticker), *times, market.object))
        return market

    async def run(self, start: StartCondition) -> None:
        """Wait until every market is subscribed, then run for `seconds`."""
        channels = ("ticker", "trade", "market_lifecycle_v2", INDEX_CHANNEL)
        wanted = {**{channel: set[str]() for channel in channels}, "orderbook_delta": set(self.markets)}
        await wait_until_subscribed(self.publisher, start, lambda: wanted, self._announce)
        total = int(self._settings.seconds * MICROSECONDS) // TICK_US
        self._announce({"event": "started", "total": total, "unit": "ticks of 10 ms"})
        play = self.tick_publisher(self.publisher.now_ms() // 1000 * MICROSECONDS)
        started_at = announced_at = time.monotonic()
        tick = 0
        while not total or tick < total:
            play()
            tick += 1
            await self._keep_pace(started_at + tick * TICK_US / MICROSECONDS)
            if time.monotonic() - announced_at > (PROGRESS_SECONDS if total else ENDLESS_PROGRESS_SECONDS):
                announced_at = time.monotonic()
                self.publisher.journal.flush()  # so that the journal holds what progress announces
                self._announce({"event": "progress", "done": tick, "unit": "ticks of 10 ms"})
        self._record_books()
        self.publisher.journal.flush()
        self._announce({"event": "finished", "total": total})

    def close(self) -> None:
        """Close the journal."""
        self.publisher.journal.close()

    def tick_publisher(self, started_us: int) -> Callable[[], None]:
        """Return a function that publishes the next tick; the first one starts at `started_us`, in µs since 1970."""
        per_second, markets = self._settings.lifecycles_per_second, self._settings.markets
        self.lifecycles = Lifecycles(self._rng, per_second, started_us, markets)
        self.lifecycles.created = lambda ticker, now_s: self._create(ticker, now_s, opened=False)
        ticks = count()
        return lambda: self._play(started_us, next(ticks))

    def _record_books(self) -> None:
        """Write the order book of every market to the journal."""
        for market in self.markets.values():
            self.publisher.journal.record(self.publisher.now_ms(), book=market.book())

    async def _keep_pace(self, due: float) -> None:
        """Wait until the next tick is due; an unpaced run waits only for its clients."""
        if self._settings.unpaced:
            await self.publisher.wait_for_clients()
            return
        self.publisher.end_overflowing()
        await asyncio.sleep(max(due - time.monotonic(), 0))

    def _play(self, started_us: int, tick: int) -> None:
        """Publish the messages of one tick."""
        if tick % 25 == 0:
            self._choose_active()
        for each in self._tick(started_us + tick * TICK_US, tick):
            self.publisher.publish(each)

    def _choose_active(self) -> None:
        """List the markets that trade; as on the exchange, few of them have most of the activity."""
        is_trading = [self._is_trading(shard) for shard in range(SHARDS)]
        self._active = [
            market for market in self.markets.values() if market.status == "active" and is_trading[is_combo(market)]
        ]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._active))))
        for listed in self.listings.markets.values():
            market = self.markets[listed.ticker]
            listed.status, listed.updated_s, listed.close_s = market.status, market.updated_s, market.close_s
            listed.settled_s = market.settled_s

    def _is_trading(self, shard: int) -> bool:
        return not any(self.publisher.is_halted(name, shard) for name in HALTS)

    def _tick(self, moment_us: int, tick: int) -> Iterator[Message]:
        """Yield the messages of one tick: lifecycles, trading, and once per second the indices."""
        if self.publisher.is_halted("exchange_halt", 0):
            return
        yield from self.lifecycles.until(moment_us + TICK_US, self._active)
        in_burst = (tick * TICK_US) % BURST_EVERY_US >= BURST_EVERY_US - BURST_US
        rate = self._settings.deltas_per_second * (BURST_FACTOR if in_burst else CALM_FACTOR)
        budget = rate * TICK_US / MICROSECONDS + self._carried if self._active else 0.0
        done = 0
        while done < budget:
            market = self._rng.choices(self._active, cum_weights=self._weights)[0]
            if market.status == "active":
                for each in self._traders.act(market, moment_us + min(int(TICK_US * done / budget), TICK_US - 1)):
                    done += each.type == "orderbook_delta"
                    yield each
            done += 0.01
        self._carried = budget - done
        if tick % 100 == 0:
            yield from self._indices(moment_us // 1000)

    def _indices(self, now_ms: int) -> Iterator[Message]:
        """Yield a value of each index."""
        for name, level in INDICES.items():
            value = f"{level + self._rng.randrange(-500, 500) / 100:.2f}"
            data = msgspec.json.encode({"type": "value", "id": name, "time": now_ms, "value": value}).decode()
            window = {"window_start_ts_ms": now_ms - 60_000, "window_end_ts_exclusive": now_ms}
            average = {"value": f"{value}000000", "window_size": 59, **window}
            body = {"index_id": name, "received_at": now_ms + 30, "data": data, "avg_60s_data": average}
            yield make_message("cfbenchmarks_value", name, body)

    def snapshot(self, market_ticker: str) -> Message:
        """Return a market's order book; an unknown market has an empty id and no levels."""
        market = self.markets.get(market_ticker)
        if market is None:
            return make_message(
                "orderbook_snapshot", market_ticker, {"market_ticker": market_ticker, "market_id": "", "clock": 0}
            )
        return market.snapshot()

    def ticker_message(self, market_ticker: str) -> Message | None:
        """Return a market's ticker message as of now, or None if the market is unknown."""
        market = self.markets.get(market_ticker)
        return None if market is None else market.ticker_message(self.publisher.now_ms() * 1000)

    def id_of(self, market_ticker: str) -> str:
        """Return a market's id, empty if the market is unknown."""
        market = self.markets.get(market_ticker)
        return market.id if market else ""

    def ticker_of(self, market_id: str) -> str | None:
        """Return the ticker of a market's id."""
        return self._ids.get(market_id)

    def restart_clocks(self) -> None:
        """Set the clock of every market back, as the exchange may during maintenance."""
        for market in self.markets.values():
            market.clock //= 2

    def levels(self, market_ticker: str) -> dict[str, list[list[str]]]:
        """Return both sides of an order book."""
        return self.markets[market_ticker].levels()

    def candles(self, market_ticker: str) -> Candlesticks:
        """Return a market's candlesticks."""
        return self.markets[market_ticker].candles
