"""The traders of the model: orders, amends, cancels, trades over several levels, mass cancels and block trades."""

import random
from collections.abc import Callable, Iterator

from kalshi_data.simulator.messages import Message
from kalshi_data.simulator.model.market import OTHER, SIDES, Change, Market
from kalshi_data.simulator.venue.price_grids import WHOLE

LEVELS_MAX = 24
LOT = 100
MASS_LOTS_MIN, MASS_LOTS_MAX = 100, 400

AddTrade = Callable[[int, str, bytes], None]


class Traders:
    """All traders of the model; each call of act() is one action of a random trader."""

    def __init__(self, rng: random.Random, add_trade: AddTrade) -> None:
        """Draw from `rng`; pass each trade to `add_trade`, for REST."""
        self._rng = rng
        self._add_trade = add_trade

    def open_book(self, market: Market, moment_us: int) -> list[Message]:
        """Fill an empty order book."""
        changes = [self._new_order(market, side) for side in SIDES for _ in range(8)]
        return market.change(changes, moment_us)

    def act(self, market: Market, moment_us: int) -> Iterator[Message]:
        """Yield the messages of one action, with the ticker message if it changed."""
        chance = self._rng.random()
        if chance < 0.10:
            yield from self._cross(market, moment_us)
        elif chance < 0.102:
            yield self._block_trade(market, moment_us)
        else:
            yield from market.change(self._change_orders(market, chance), moment_us)
        ticker_message = market.ticker_message_if_changed(moment_us)
        if ticker_message is not None:
            yield ticker_message

    def _change_orders(self, market: Market, chance: float) -> list[Change]:
        """Return the level changes of an action without a trade."""
        side = "yes" if self._rng.random() < 0.5 else "no"
        levels = market.sides[side]
        if len(levels) < 4 or (chance < 0.70 and len(levels) < LEVELS_MAX):
            return [self._new_order(market, side)]
        price = self._rng.choice(list(levels))
        size = levels[price]
        if chance > 0.99 and size >= MASS_LOTS_MIN * LOT:
            return [(side, price, -LOT)] * min(size // LOT, MASS_LOTS_MAX)
        if chance > 0.98:
            return [(side, price, MASS_LOTS_MAX * LOT)]
        if chance > 0.90:
            return self._amend(market, side, price)
        return [(side, price, -size if size < 200 or chance > 0.8 else -self._rng.randrange(1, size))]

    def _new_order(self, market: Market, side: str) -> Change:
        """Return a new order, mostly near the best price, that does not cross the other side."""
        prices = market.grid.prices
        steps = int(self._rng.expovariate(0.18)) + 1
        if side == "yes":
            price = prices[max(market.fair_index - steps, 0)]
        else:
            price = WHOLE - prices[min(market.fair_index + steps, len(prices) - 1)]
        if price + market.best[OTHER[side]] >= WHOLE:
            price = min(market.sides[side], default=prices[0])
        whole = self._rng.random() < 0.7
        return side, price, self._rng.randrange(1, 500) * LOT if whole else self._rng.randrange(1, 5_000)

    def _amend(self, market: Market, side: str, price: int) -> list[Change]:
        """Return the two changes of an order that moves to another price level."""
        _, other, _ = self._new_order(market, side)
        part = self._rng.randrange(1, market.sides[side][price] + 1)
        return [(side, price, -part), (side, other, part)] if other != price else [(side, price, -part)]

    def _cross(self, market: Market, moment_us: int) -> Iterator[Message]:
        """Yield the trades of a taker at the best price levels, then the deltas of the makers' side.

        Several makers of one size at one level give equal deltas of one clock, one for each trade.
        """
        taker = self._rng.choice(SIDES)
        maker = OTHER[taker]
        levels = market.sides[maker]
        changes: list[Change] = []
        for price in sorted(levels, reverse=True)[: self._rng.choice((1, 1, 1, 2))]:
            size = levels[price]
            makers = self._rng.randrange(1, 6)
            part = max(min(size // makers, self._rng.randrange(1, 900)), 1)
            changes += [(maker, price, -part)] * min(makers, size // part)
            self._move_fair_price(market, taker)
        for _, price, delta in changes:
            yield self._trade(market, taker, -delta, WHOLE - price if maker == "no" else price, moment_us, block=False)
        if changes:
            yield from market.change(changes, moment_us)

    def _block_trade(self, market: Market, moment_us: int) -> Message:
        """Return a block trade, which does not change the order book."""
        price = market.grid.prices[market.fair_index]
        size = self._rng.randrange(1, 50) * 1_000
        return self._trade(market, self._rng.choice(SIDES), size, price, moment_us, block=True)

    def _trade(self, market: Market, taker: str, size: int, price: int, moment_us: int, *, block: bool) -> Message:
        bits = f"{self._rng.getrandbits(128):032x}"
        trade_id = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        body = market.trade(taker, size, price, moment_us, block=block, trade_id=trade_id)
        self._add_trade(moment_us, market.ticker, body)
        return Message("trade", "trade", market.ticker, body)

    def _move_fair_price(self, market: Market, taker: str) -> None:
        """Move the fair price in the takers' direction from time to time."""
        if self._rng.random() < 0.2:
            moved = market.fair_index + (1 if taker == "yes" else -1)
            market.fair_index = min(max(moved, 10), len(market.grid.prices) - 10)
