"""What traders do in the model: orders, amends, cancels, sweeps, mass cancels, block trades. One call is one action."""

import random
from collections.abc import Callable, Iterator

from kalshi_data.simulator.model.market import OTHER, SIDES, Change, Market
from kalshi_data.simulator.published import Fact
from kalshi_data.simulator.venue.price_grids import WHOLE

LEVELS_MAX = 24
LOT = 100
MASS_LOTS_MIN, MASS_LOTS_MAX = 100, 400

Print = Callable[[int, str, bytes], None]


class Traders:
    """All traders of the model, as one source of chance."""

    def __init__(self, dice: random.Random, remember: Print) -> None:
        """Draw from `dice`; `remember` gets each trade for REST."""
        self._dice = dice
        self._remember = remember

    def open_book(self, market: Market, moment_us: int) -> list[Fact]:
        """Fill a book for the first time."""
        changes = [self._order(market, side) for side in SIDES for _ in range(8)]
        return market.change(changes, moment_us)

    def act(self, market: Market, moment_us: int) -> Iterator[Fact]:
        """Yield the messages of one action and the summary it leads to."""
        chance = self._dice.random()
        if chance < 0.10:
            yield from self._take(market, moment_us)
        elif chance < 0.102:
            yield self._block(market, moment_us)
        else:
            yield from market.change(self._rest(market, chance), moment_us)
        summary = market.summary_if_changed(moment_us)
        if summary is not None:
            yield summary

    def _rest(self, market: Market, chance: float) -> list[Change]:
        """Return the changes of an action that trades nothing."""
        side = "yes" if self._dice.random() < 0.5 else "no"
        ladder = market.ladders[side]
        if len(ladder) < 4 or (chance < 0.70 and len(ladder) < LEVELS_MAX):
            return [self._order(market, side)]
        price = self._dice.choice(list(ladder))
        size = ladder[price]
        if chance > 0.99 and size >= MASS_LOTS_MIN * LOT:
            return [(side, price, -LOT)] * min(size // LOT, MASS_LOTS_MAX)
        if chance > 0.98:
            return [(side, price, MASS_LOTS_MAX * LOT)]
        if chance > 0.90:
            return self._amend(market, side, price)
        return [(side, price, -size if size < 200 or chance > 0.8 else -self._dice.randrange(1, size))]

    def _order(self, market: Market, side: str) -> Change:
        """Return a new order, mostly near the best price and never crossing the other side."""
        prices = market.grid.prices
        steps = int(self._dice.expovariate(0.18)) + 1
        if side == "yes":
            price = prices[max(market.fair - steps, 0)]
        else:
            price = WHOLE - prices[min(market.fair + steps, len(prices) - 1)]
        if price + market.best[OTHER[side]] >= WHOLE:
            price = min(market.ladders[side], default=prices[0])
        whole = self._dice.random() < 0.7
        return side, price, self._dice.randrange(1, 500) * LOT if whole else self._dice.randrange(1, 5_000)

    def _amend(self, market: Market, side: str, price: int) -> list[Change]:
        """Return an order moved to another level: less here and more there, at once."""
        _, other, _ = self._order(market, side)
        part = self._dice.randrange(1, market.ladders[side][price] + 1)
        return [(side, price, -part), (side, other, part)] if other != price else [(side, price, -part)]

    def _take(self, market: Market, moment_us: int) -> Iterator[Fact]:
        """Yield a taker's trades with the makers at the best levels, and the deltas of the makers' side.

        Several makers of one size at one level give equal deltas of one clock, one for each trade.
        """
        taker = self._dice.choice(SIDES)
        maker = OTHER[taker]
        ladder = market.ladders[maker]
        changes: list[Change] = []
        for price in sorted(ladder, reverse=True)[: self._dice.choice((1, 1, 1, 2))]:
            size = ladder[price]
            makers = self._dice.randrange(1, 6)
            part = max(min(size // makers, self._dice.randrange(1, 900)), 1)
            changes += [(maker, price, -part)] * min(makers, size // part)
            self._drift(market, taker)
        for _, price, delta in changes:
            yield self._print(market, taker, -delta, WHOLE - price if maker == "no" else price, moment_us, block=False)
        if changes:
            yield from market.change(changes, moment_us)

    def _block(self, market: Market, moment_us: int) -> Fact:
        """Return a trade that was agreed elsewhere: the book does not change."""
        price = market.grid.prices[market.fair]
        size = self._dice.randrange(1, 50) * 1_000
        return self._print(market, self._dice.choice(SIDES), size, price, moment_us, block=True)

    def _print(self, market: Market, taker: str, size: int, price: int, moment_us: int, *, block: bool) -> Fact:
        bits = f"{self._dice.getrandbits(128):032x}"
        trade_id = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        body = market.trade(taker, size, price, moment_us, block=block, trade_id=trade_id)
        self._remember(moment_us, market.ticker, body)
        return Fact("trade", "trade", market.ticker, body)

    def _drift(self, market: Market, taker: str) -> None:
        """Let the fair price follow the takers now and then."""
        if self._dice.random() < 0.2:
            moved = market.fair + (1 if taker == "yes" else -1)
            market.fair = min(max(moved, 10), len(market.grid.prices) - 10)
