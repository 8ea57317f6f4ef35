"""The order books that the exchange refuses, and when each is asked for again."""

import math
import time
from collections.abc import Container, Iterable
from dataclasses import dataclass

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.service.retry import delay_seconds

log = structlog.get_logger()


@dataclass
class RefusedMarket:
    """How often a market was refused, and when it is asked for again."""

    refusals: int = 0
    due_at_seconds: float = 0.0


class RefusedMarkets:
    """The refused markets of one connection; they outlive the connection."""

    def __init__(self, counters: Counters) -> None:
        """Start with none; count them, with the reason of each, in `counters.refused_markets`."""
        self._reasons = counters.refused_markets
        self._markets: dict[str, RefusedMarket] = {}

    def __contains__(self, ticker: object) -> bool:
        """Return whether a market is refused."""
        return ticker in self._markets

    def refuse(self, ticker: str, reason: str, seconds_max: float) -> None:
        """Ask for a market again after a pause, which grows to `seconds_max`."""
        market = self._markets.setdefault(ticker, RefusedMarket())
        market.refusals += 1
        market.due_at_seconds = time.monotonic() + delay_seconds(market.refusals, seconds_max)
        self._reasons[ticker] = reason
        # With thousands of refused markets, the log has a line for each doubling.
        refused = len(self._reasons)
        if market.refusals == 1 and refused & (refused - 1) == 0:
            log.error("market refused, asked for again later", ticker=ticker, reason=reason, markets_refused=refused)

    def is_due(self, ticker: str) -> bool:
        """Whether a market is refused, and the pause before it is asked for again is over."""
        market = self._markets.get(ticker)
        return market is not None and time.monotonic() >= market.due_at_seconds

    def is_waiting(self, ticker: str) -> bool:
        """Whether a market is refused, and not asked for again yet."""
        market = self._markets.get(ticker)
        return market is not None and market.due_at_seconds != math.inf

    def asked(self, tickers: Iterable[str]) -> None:
        """Record that markets are asked for again: none is due until its snapshot shows what came of it."""
        self._set_due(tickers, math.inf)

    def received(self, tickers: Container[str]) -> None:
        """Remove the markets among `tickers` that were asked for again: a book that was covered sends no snapshot."""
        for ticker in [each for each, market in self._markets.items() if market.due_at_seconds == math.inf]:
            if ticker in tickers:
                self.forget(ticker)

    def not_answered(self, tickers: Iterable[str]) -> None:
        """Let markets be due again, since the command about them failed for another reason."""
        self._set_due(tickers, 0.0)

    def ask_all(self) -> None:
        """Let all markets be due, since the reason may be gone."""
        self._set_due(list(self._markets), 0.0)

    def _set_due(self, tickers: Iterable[str], due_at_seconds: float) -> None:
        for ticker in tickers:
            if ticker in self._markets:
                self._markets[ticker].due_at_seconds = due_at_seconds

    def forget(self, ticker: str) -> None:
        """Remove a market that is received, or not wanted any more."""
        if self._markets.pop(ticker, None) is not None:
            self._reasons.pop(ticker, None)
