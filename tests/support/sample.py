"""A made-up recording: a few markets that trade for some seconds, the same for the same seed.

It holds what real recordings hold and parsers trip over: bursts of changes equal in everything, fractional sizes,
sub-penny prices, block trades without a change of the book, and every kind of lifecycle message.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Frame = dict[str, Any]
BEGAN = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
LEVELS = [Decimal(cents) / 100 for cents in range(1, 100)]
SIDES = ("yes", "no")


class SampleMarket:
    """One made-up market and its book."""

    def __init__(self, ticker: str, dice: random.Random) -> None:
        """Begin with a random book."""
        self.ticker = ticker
        self.id = f"{dice.getrandbits(32):08x}-0000-4000-8000-{dice.getrandbits(48):012x}"
        self.clock = dice.randrange(1, 1_000_000)
        self.volume = Decimal(0)
        self.last_price = Decimal(0)
        self._dice = dice
        self._book = {side: dict.fromkeys(dice.sample(LEVELS[:45], 8), Decimal(100)) for side in SIDES}

    def snapshot(self) -> Frame:
        """Return the body of a snapshot."""
        levels = {
            f"{side}_dollars_fp": [[f"{price:.4f}", f"{ladder[price]:.2f}"] for price in sorted(ladder)]
            for side, ladder in self._book.items()
            if ladder
        }
        return {"market_ticker": self.ticker, "market_id": self.id, "clock": self.clock, **levels}

    def change(self, moment: datetime, side: str, price: Decimal, delta: Decimal) -> Frame:
        """Return the body of a delta and change the book by it."""
        size = self._book[side].get(price, Decimal(0)) + delta
        self._book[side][price] = size
        if not size:
            del self._book[side][price]
        return {
            "market_ticker": self.ticker,
            "market_id": self.id,
            "clock": self.clock,
            "price_dollars": f"{price:.4f}",
            "delta_fp": f"{delta:.2f}",
            "side": side,
            "ts": moment.isoformat().replace("+00:00", "Z"),
            "ts_ms": _ms(moment),
        }

    def quote(self, moment: datetime) -> Iterator[Frame]:
        """Yield the changes of one action: a new order, or a burst of equal ones."""
        self.clock += self._dice.randrange(1, 5)
        side, price = self._dice.choice(SIDES), self._dice.choice(LEVELS[:45])
        if self._dice.random() < 0.1:
            price += Decimal(self._dice.randrange(1, 9)) / 1000
        if self._dice.random() < 0.05:
            yield from (self.change(moment, side, price, Decimal(1)) for _ in range(self._dice.randrange(2, 60)))
            return
        yield self.change(moment, side, price, Decimal(self._dice.randrange(1, 5000)) / 100)

    def trade(self, moment: datetime) -> tuple[Frame, list[Frame]]:
        """Return the body of a trade and the changes it makes; a block trade makes none."""
        self.clock += 1
        taker = self._dice.choice(SIDES)
        maker = SIDES[1 - SIDES.index(taker)]
        ladder = self._book[maker]
        block = not ladder or self._dice.random() < 0.05
        maker_price = self._dice.choice(LEVELS) if block else max(ladder)
        size = Decimal(5) if block else min(ladder[maker_price], Decimal(self._dice.randrange(1, 900)) / 100)
        self.volume += size
        self.last_price = maker_price if maker == "yes" else 1 - maker_price
        body = {
            "trade_id": f"{self._dice.getrandbits(128):032x}",
            "market_ticker": self.ticker,
            "yes_price_dollars": f"{self.last_price:.4f}",
            "no_price_dollars": f"{1 - self.last_price:.4f}",
            "count_fp": f"{size:.2f}",
            "taker_side": taker,
            "taker_outcome_side": taker,
            "taker_book_side": "bid" if taker == "yes" else "ask",
            "is_block_trade": block,
            "ts": int(moment.timestamp()),
            "ts_ms": _ms(moment),
        }
        return body, [] if block else [self.change(moment, maker, maker_price, -size)]

    def summary(self, moment: datetime) -> Frame:
        """Return the body of a ticker message."""
        bid, no_bid = (max(self._book[side], default=None) for side in SIDES)
        sizes = (self._book["yes"].get(bid or Decimal(0)), self._book["no"].get(no_bid or Decimal(0)))
        return {
            "market_ticker": self.ticker,
            "market_id": self.id,
            "price_dollars": f"{self.last_price:.4f}",
            "yes_bid_dollars": f"{bid or 0:.4f}",
            "yes_ask_dollars": f"{1 - no_bid if no_bid else 0:.4f}",
            "yes_bid_size_fp": f"{sizes[0] or 0:.2f}",
            "yes_ask_size_fp": f"{sizes[1] or 0:.2f}",
            "last_trade_size_fp": "1.00",
            "volume_fp": f"{self.volume:.2f}",
            "open_interest_fp": "0.00",
            "dollar_volume": int(self.volume),
            "dollar_open_interest": 0,
            "ts": int(moment.timestamp()),
            "ts_ms": _ms(moment),
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


def make_recording(seed: int = 1, markets: int = 12, seconds: float = 20, actions_per_second: int = 100) -> list[Frame]:
    """Return entries {"received_ms", "frame"} of a made-up recording."""
    dice = random.Random(seed)
    listed = [SampleMarket(f"KXSAMPLE-26NOV02-T{number}", dice) for number in range(1, markets + 1)]
    entries = [_entry(BEGAN, "orderbook_snapshot", market.snapshot()) for market in listed]
    for number in range(int(seconds * actions_per_second)):
        moment = BEGAN + timedelta(seconds=number / actions_per_second, microseconds=dice.randrange(1000))
        entries += [_entry(moment, kind, body) for kind, body in _action(dice.choice(listed), moment, dice)]
    ended = BEGAN + timedelta(seconds=seconds)
    return [*entries, *(_entry(ended, kind, body) for kind, body in _endings(listed, ended))]


def _action(market: SampleMarket, moment: datetime, dice: random.Random) -> Iterator[tuple[str, Frame]]:
    """Yield the messages of one action, with the market's summary now and then."""
    if dice.random() < 0.2:
        trade, changes = market.trade(moment)
        yield "trade", trade
    else:
        changes = list(market.quote(moment))
    yield from (("orderbook_delta", change) for change in changes)
    if dice.random() < 0.3:
        yield "ticker", market.summary(moment)
    if dice.random() < 0.01:
        yield "orderbook_snapshot", market.snapshot()


def _endings(markets: list[SampleMarket], ended: datetime) -> Iterator[tuple[str, Frame]]:
    """Yield the lifecycle messages, of an event and of each market."""
    seconds = int(ended.timestamp())
    event = {"event_ticker": "KXSAMPLE-26NOV03", "exchange_index": 0, "title": "Sample on Nov 3?", "subtitle": "Nov 3"}
    yield "event_lifecycle", {**event, "collateral_return_type": "MECNET", "series_ticker": "KXSAMPLE"}
    fee = {"event_ticker": "KXSAMPLE-26NOV03", "fee_type_override": "quadratic", "fee_multiplier_override": 0.5}
    yield "event_fee_update", fee
    for number, market in enumerate(markets):
        result = SIDES[number % 2]
        steps: tuple[Frame, ...] = (
            {"event_type": "deactivated", "is_deactivated": True},
            {"event_type": "activated", "is_deactivated": False},
            {"event_type": "close_date_updated", "close_ts": seconds},
            {"event_type": "determined", "determination_ts": seconds, "result": result},
            {"event_type": "settled", "settled_ts": seconds + 1},
        )
        yield from (("market_lifecycle_v2", {"market_ticker": market.ticker, **step}) for step in steps)


def _entry(moment: datetime, kind: str, body: Frame) -> Frame:
    """Return one entry of a recording; only the times of body and envelope differ between messages."""
    return {"received_ms": _ms(moment) + 8, "frame": {"type": kind, "sending_ts_ms": _ms(moment) + 3, "msg": body}}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
