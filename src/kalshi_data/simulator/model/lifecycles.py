"""The lifecycles of the model's markets: they are created, paused, closed early, determined and settled.

As on the exchange, no message is sent if a market opens or closes by time, all times in lifecycle messages are whole
seconds, and a market that is activated again starts with an empty order book.
"""

import heapq
import random
from collections.abc import Callable, Iterator

from kalshi_data.simulator.messages import Message, make_message
from kalshi_data.simulator.model.market import SIDES, Market
from kalshi_data.simulator.venue.listings import COMBO_PREFIX, Object, event_of, rfc3339, series_of
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS

MICROSECONDS = 1_000_000
Step = Callable[[int], Iterator[Message]]


class Lifecycles:
    """Starts lifecycle changes at random, and plays the later steps of each when they are due.

    Events are listed as often as markets close. So that a run without an end keeps about as many markets as it began
    with, a new event takes the place of a close when half of them are left, and the reverse when they have doubled.
    """

    def __init__(self, rng: random.Random, per_second: float, started_us: int, markets: int) -> None:
        """Start `per_second` changes per second from `started_us` on, 0 for none; `markets` trade at that time."""
        self._rng = rng
        self._markets = markets
        self._markets_min, self._markets_max = max(1, markets // 2), 2 * markets + 1
        self._interval_us = int(MICROSECONDS / per_second) if per_second else 0
        self._next_us = started_us + self._interval_us
        self._due: list[tuple[int, int, Step]] = []
        self._numbers = 0
        self.created: Callable[[str, int], Market] = self._not_listed

    @staticmethod
    def _not_listed(ticker: str, created_s: int) -> Market:
        raise LookupError(f"no venue lists {ticker}, created at {created_s}")

    def until(self, until_us: int, active: list[Market]) -> Iterator[Message]:
        """Yield the messages of all steps due before `until_us`; start new changes of `active` markets."""
        while self._interval_us and self._next_us < until_us:
            if active:
                self._start_change(self._rng.choice(active), self._next_us)
            self._next_us += self._interval_us
        while self._due and self._due[0][0] < until_us:
            moment_us, _, step = heapq.heappop(self._due)
            yield from step(moment_us)

    def _later(self, moment_us: int, step: Step) -> None:
        self._numbers += 1
        heapq.heappush(self._due, (moment_us, self._numbers, step))

    def _start_change(self, market: Market, moment_us: int) -> None:
        changes = (
            self._pause,
            self._close_early,
            self._list_event,
            self._change_fee,
            self._change_strike,
            self._change_price_grid,
        )
        change = self._rng.choices(changes, (35, 20, 20, 5, 10, 10))[0]
        self._later(moment_us, lambda at: change(market, at))

    def _pause(self, market: Market, moment_us: int) -> Iterator[Message]:
        if market.status == "active":
            change_status(market, "inactive", moment_us)
            yield lifecycle_message(market, "deactivated", is_deactivated=True)
            self._later(moment_us + 700_000, lambda at: self._resume(market, at))

    def _resume(self, market: Market, moment_us: int) -> Iterator[Message]:
        if market.status == "inactive":
            change_status(market, "active", moment_us)
            yield lifecycle_message(market, "activated", is_deactivated=False)
            yield from cancel_all(market, moment_us)

    def _close_early(self, market: Market, moment_us: int) -> Iterator[Message]:
        if self._markets <= self._markets_min:
            yield from self._list_event(market, moment_us)
        elif market.status == "active" and moment_us < market.close_s * MICROSECONDS:
            self._markets -= 1
            market.close_s = market.updated_s = moment_us // MICROSECONDS
            yield lifecycle_message(market, "close_date_updated", close_ts=market.close_s)
            self._later(moment_us + 300_000, lambda at: self._close(market, at))

    def _close(self, market: Market, moment_us: int) -> Iterator[Message]:
        if market.status in ("active", "inactive"):
            change_status(market, "closed", moment_us)
            yield from cancel_all(market, moment_us)
            self._later(moment_us + 500_000, lambda at: self._determine(market, at))

    def _determine(self, market: Market, moment_us: int) -> Iterator[Message]:
        market.result = self._rng.choice(SIDES)
        change_status(market, "determined", moment_us)
        value = "1.0000" if market.result == "yes" else "0.0000"
        seconds = moment_us // MICROSECONDS
        yield lifecycle_message(
            market, "determined", determination_ts=seconds, result=market.result, settlement_value=value
        )
        self._later(moment_us + 1_000_000, lambda at: self._settle(market, at))

    def _settle(self, market: Market, moment_us: int) -> Iterator[Message]:
        market.settled_s = moment_us // MICROSECONDS
        change_status(market, "finalized", moment_us)
        yield lifecycle_message(market, "settled", settled_ts=market.settled_s)

    def _list_event(self, other: Market, moment_us: int) -> Iterator[Message]:
        """List a new event with one market, which opens by time and so without a message."""
        if self._markets >= self._markets_max:
            yield from self._close_early(other, moment_us)
            return
        self._markets += 1
        self._numbers += 1
        event = f"{series_of(other.ticker)}-NEW{self._numbers}"
        seconds = moment_us // MICROSECONDS
        market = self.created(f"{event}-T1", seconds)
        yield event_message(event, seconds, combo=is_combo(market))
        yield lifecycle_message(market, "created", **created_fields(market))
        self._later(moment_us + 1_500_000, lambda at: self._open(market, at))

    @staticmethod
    def _open(market: Market, moment_us: int) -> Iterator[Message]:
        change_status(market, "active", moment_us)
        yield from ()

    def _change_fee(self, market: Market, _: int) -> Iterator[Message]:
        if not is_combo(market):
            fee = self._rng.choice((("quadratic", 0.5), ("flat", 1), (None, None)))
            named = dict(zip(("fee_type_override", "fee_multiplier_override"), fee, strict=True))
            yield make_message("event_fee_update", None, {"event_ticker": event_of(market.ticker), **named})

    def _change_strike(self, market: Market, moment_us: int) -> Iterator[Message]:
        if not is_combo(market):
            market.updated_s = moment_us // MICROSECONDS
            strike = {"strike_type": "greater", "floor_strike": self._rng.randrange(1, 400) / 4}
            market.extra |= strike
            yield lifecycle_message(market, "metadata_updated", **strike)

    def _change_price_grid(self, market: Market, moment_us: int) -> Iterator[Message]:
        """Give a market a finer price grid while it trades; its orders stay."""
        if not is_combo(market) and market.grid.label == "linear_cent":
            market.fair_index = (market.fair_index + 1) * 10 - 1
            market.grid = PRICE_GRIDS["deci_cent"]
            market.updated_s = moment_us // MICROSECONDS
            yield lifecycle_message(market, "price_level_structure_updated", **price_structure(market))


def change_status(market: Market, status: str, moment_us: int) -> None:
    """Change a market's status; for REST this is an update of the market."""
    market.status, market.updated_s = status, moment_us // MICROSECONDS


def is_combo(market: Market) -> bool:
    """Return whether a market is multivariate; such markets have their own lifecycle channel."""
    return market.ticker.startswith(COMBO_PREFIX)


def lifecycle_message(market: Market, event_type: str, **fields: object) -> Message:
    """Return a lifecycle message on the channel for this kind of market."""
    kind = "multivariate_market_lifecycle" if is_combo(market) else "market_lifecycle_v2"
    return make_message(kind, market.ticker, {"market_ticker": market.ticker, "event_type": event_type, **fields})


def event_message(event: str, seconds: int, *, combo: bool) -> Message:
    """Return the message about a new event."""
    words = {"title": f"Event {event}", "subtitle": "", "collateral_return_type": "MECNET"}
    body = {"event_ticker": event, "exchange_index": int(combo), **words, "series_ticker": series_of(event)}
    channel = "multivariate_market_lifecycle" if combo else "market_lifecycle_v2"
    return make_message("event_lifecycle", None, {**body, "strike_date": seconds + 86_400}, channel=channel)


def price_structure(market: Market) -> Object:
    """Return a market's price grid as in lifecycle messages; for multivariate markets without the ranges."""
    ranges = {} if is_combo(market) else {"price_ranges": market.grid.ranges}
    return {"price_level_structure": market.grid.label, **ranges}


def created_fields(market: Market) -> Object:
    """Return the fields of the message about a new market."""
    words = {"name": market.ticker, "title": f"Market {market.ticker}", "yes_sub_title": "Yes", "no_sub_title": "No"}
    rules = {"rules_primary": "The model decides.", "rules_secondary": "", "can_close_early": True}
    more = {"event_ticker": event_of(market.ticker), "expected_expiration_ts": market.close_s + 3600}
    times = {"open_ts": market.open_s, "close_ts": market.close_s}
    body: Object = {"exchange_index": int(is_combo(market)), **times, **price_structure(market)}
    return {**body, "additional_metadata": {**words, **rules, **more}}


def cancel_all(market: Market, moment_us: int) -> list[Message]:
    """Cancel every resting order in one action; return the deltas and the ticker message of the empty book."""
    changes = [(side, price, -size) for side in SIDES for price, size in market.sides[side].items()]
    if not changes:
        return []
    messages = market.change(changes, moment_us)
    ticker_message = market.ticker_message_if_changed(moment_us)
    return [*messages, *([ticker_message] if ticker_message else [])]


def collection(series: str, events: list[str], started_s: int) -> Object:
    """Return the multivariate collection of a series of combos."""
    events_of_collection: list[Object] = [
        {"ticker": e, "is_yes_only": False, "size_max": 1, "size_min": None, "active_quoters": []} for e in events
    ]
    grid = PRICE_GRIDS["center_deci_edge_centi_cent"]
    return {
        "collection_ticker": f"{series}-R",
        "series_ticker": series,
        "title": "Combos of the model",
        "description": "Any two",
        "open_date": rfc3339(started_s - 86_400),
        "close_date": rfc3339(started_s + 30 * 86_400),
        "associated_events": events_of_collection,
        "associated_event_tickers": events,
        "is_ordered": False,
        "is_single_market_per_event": True,
        "is_all_yes": False,
        "size_min": 2,
        "size_max": 10,
        "functional_description": "product",
        "price_level_structure": grid.label,
        "price_ranges": grid.ranges,
        "exchange_index": 1,
    }
