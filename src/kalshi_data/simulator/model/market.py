"""One market of the model: its order book, its totals, and the messages about their changes.

Prices are in 0.0001 dollars, sizes in 0.01 contracts, times in µs since 1970; all are integers.
"""

import random

from kalshi_data.simulator.messages import Message, make_message
from kalshi_data.simulator.venue.listings import Object, event_of, market_object, rfc3339
from kalshi_data.simulator.venue.price_grids import PRICES, WHOLE, PriceGrid
from kalshi_data.simulator.venue.trade_history import Candlesticks

SIDES = ("yes", "no")
OTHER = {"yes": "no", "no": "yes"}
Change = tuple[str, int, int]


def count_text(size: int) -> str:
    """Return a size as text with two decimals."""
    return f"{size // 100}.{size % 100:02d}" if size >= 0 else f"-{-size // 100}.{-size % 100:02d}"


class Market:
    """A market; `times` are its open and close times, in s since 1970."""

    def __init__(self, ticker: str, grid: PriceGrid, rng: random.Random, times: tuple[int, int]) -> None:
        """Start without orders."""
        self.ticker = ticker
        self.id = f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4000-8000-{rng.getrandbits(48):012x}"
        self.grid = grid
        self.open_s, self.close_s = times
        self.created_s = self.updated_s = min(times[0], times[1] - 1)
        self.status = "active"
        self.result = ""
        self.settled_s: int | None = None
        self.sides: dict[str, dict[int, int]] = {side: {} for side in SIDES}
        self.best = {"yes": 0, "no": 0}
        self.clock = 0
        self.fair_index = rng.randrange(len(grid.prices) // 5, len(grid.prices) * 4 // 5)
        self.volume = self.dollar_volume = self.open_interest = self.last_price = self.last_size = 0
        self.candles = Candlesticks()
        self.extra: Object = {}
        self._names = f'"market_ticker":"{ticker}","market_id":"{self.id}"'
        self._last_quote: tuple[int, ...] = ()

    def change(self, changes: list[Change], moment_us: int) -> list[Message]:
        """Change price levels in one action; its deltas share clock and time, and the journal numbers equal ones."""
        self.clock += 1 + moment_us % 1_000_000 % 3
        seconds, micros = divmod(moment_us, 1_000_000)
        times = f'"ts":"{rfc3339_second(seconds)}.{micros:06d}Z","ts_ms":{moment_us // 1000}}}'
        begin = f'{{{self._names},"clock":{self.clock},"price_dollars":"'
        seen: dict[Change, int] = {}
        messages: list[Message] = []
        for one in changes:
            side, price, delta = one
            after = self._change_level(side, price, delta)
            occurrence = seen.get(one, 0)
            seen[one] = occurrence + 1
            body = f'{begin}{PRICES[price]}","delta_fp":"{count_text(delta)}","side":"{side}",{times}'
            journal_fields = f'"occurrence":{occurrence},"after":"{count_text(after)}",'
            messages.append(
                Message("orderbook_delta", "orderbook_delta", self.ticker, body.encode(), None, journal_fields.encode())
            )
        return messages

    def _change_level(self, side: str, price: int, delta: int) -> int:
        """Change one price level and return its new size."""
        levels = self.sides[side]
        after = levels.get(price, 0) + delta
        if after:
            levels[price] = after
            self.best[side] = max(self.best[side], price)
        else:
            del levels[price]
            if price == self.best[side]:
                self.best[side] = max(levels, default=0)
        return after

    def trade(self, taker: str, size: int, price: int, moment_us: int, *, block: bool, trade_id: str) -> bytes:
        """Add a trade to the totals and return its message body; `price` is the YES price."""
        self.volume += size
        self.dollar_volume += size * price
        self.open_interest += size if moment_us % 1_000_000 % 3 else -min(size, self.open_interest)
        self.last_price, self.last_size = price, size
        self.candles.trade(moment_us // 1_000_000, price, size, self.best["yes"], self.ask)
        book_side = "bid" if taker == "yes" else "ask"
        return (
            f'{{"trade_id":"{trade_id}","market_ticker":"{self.ticker}","yes_price_dollars":"{PRICES[price]}",'
            f'"no_price_dollars":"{PRICES[WHOLE - price]}","count_fp":"{count_text(size)}","taker_side":"{taker}",'
            f'"taker_outcome_side":"{taker}","taker_book_side":"{book_side}",'
            f'"is_block_trade":{"true" if block else "false"},'
            f'"ts":{moment_us // 1_000_000},"ts_ms":{moment_us // 1000}}}'
        ).encode()

    @property
    def ask(self) -> int:
        """The best YES ask; one dollar if there is no offer."""
        return WHOLE - self.best["no"]

    def _quote(self) -> tuple[int, ...]:
        """Return the fields of a ticker message except its time."""
        bid, no_bid = self.best["yes"], self.best["no"]
        sizes = (self.sides["yes"].get(bid, 0), self.sides["no"].get(no_bid, 0))
        totals = (self.last_price, self.last_size, self.volume, self.open_interest, self.dollar_volume)
        return bid, WHOLE - no_bid, *sizes, *totals

    def ticker_message_if_changed(self, moment_us: int) -> Message | None:
        """Return the ticker message if any field but its time has changed, otherwise None."""
        quote = self._quote()
        if quote == self._last_quote:
            return None
        self._last_quote = quote
        self.candles.quote(moment_us // 1_000_000, quote[0], quote[1], self.open_interest)
        return self.ticker_message(moment_us)

    def ticker_message(self, moment_us: int) -> Message:
        """Return the ticker message."""
        bid, ask, bid_size, ask_size, last, last_size, volume, interest, value = self._quote()
        seconds, ms = divmod(moment_us // 1000, 1000)
        fraction = f".{ms:03d}" if ms else ""
        body = (
            f'{{{self._names},"price_dollars":"{PRICES[last]}","yes_bid_dollars":"{PRICES[bid]}",'
            f'"yes_ask_dollars":"{PRICES[ask]}","volume_fp":"{count_text(volume)}",'
            f'"open_interest_fp":"{count_text(interest)}","dollar_volume":{value // 1_000_000},'
            f'"dollar_open_interest":{interest // 100},"yes_bid_size_fp":"{count_text(bid_size)}",'
            f'"yes_ask_size_fp":"{count_text(ask_size)}","last_trade_size_fp":"{count_text(last_size)}",'
            f'"ts":{seconds},"ts_ms":{moment_us // 1000},"time":"{rfc3339_second(seconds)}{fraction}Z"}}'
        )
        return Message("ticker", "ticker", self.ticker, body.encode())

    def levels(self) -> dict[str, list[list[str]]]:
        """Return both sides of the order book, prices ascending."""
        return {
            side: [[PRICES[p], count_text(self.sides[side][p])] for p in sorted(self.sides[side])] for side in SIDES
        }

    def book(self) -> Object:
        """Return the body of a snapshot; an empty side is left out."""
        sides = {f"{side}_dollars_fp": levels for side, levels in self.levels().items() if levels}
        return {"market_ticker": self.ticker, "market_id": self.id, "clock": self.clock, **sides}

    def snapshot(self) -> Message:
        """Return the order book as a message."""
        return make_message("orderbook_snapshot", self.ticker, self.book())

    def object(self) -> Object:
        """Return the market in the format of REST."""
        bid, no_bid = self.best["yes"], self.best["no"]
        sizes = (self.sides["yes"].get(bid, 0), self.sides["no"].get(no_bid, 0))
        prices = {
            "yes_bid": bid,
            "yes_ask": WHOLE - no_bid,
            "no_bid": no_bid,
            "no_ask": WHOLE - bid,
            "last_price": self.last_price,
        }
        return {
            **market_object(self.ticker, self.created_s, self.grid),
            "event_ticker": event_of(self.ticker),
            **{f"{name}_dollars": PRICES[price] for name, price in prices.items()},
            **{f"yes_{name}_size_fp": count_text(size) for name, size in zip(("bid", "ask"), sizes, strict=True)},
            **dict.fromkeys(("volume_fp", "volume_24h_fp"), count_text(self.volume)),
            "open_interest_fp": count_text(self.open_interest),
            "status": self.status,
            "result": self.result,
            "open_time": rfc3339(self.open_s),
            "close_time": rfc3339(self.close_s),
            "latest_expiration_time": rfc3339(self.close_s + 604_800),
            "updated_time": rfc3339(self.updated_s),
            **self._settlement(),
            **self.extra,
        }

    def _settlement(self) -> Object:
        if not self.result:
            return {}
        settled = {"settlement_ts": rfc3339(self.settled_s)} if self.settled_s else {}
        return {"settlement_value_dollars": "1.0000" if self.result == "yes" else "0.0000", **settled}


_LAST_SECOND: dict[int, str] = {}


def rfc3339_second(seconds: int) -> str:
    """Return a whole second as text without its zone; the last one is cached, as thousands of messages share it."""
    text = _LAST_SECOND.get(seconds)
    if text is None:
        _LAST_SECOND.clear()
        text = _LAST_SECOND[seconds] = rfc3339(seconds).removesuffix("Z")
    return text
