"""Decides of each market whether its order book is to be received, as far as that is known yet."""

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import translate

from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.kalshi.listings import SeriesFacts
from kalshi_data.shard import Shard

COMBO_PREFIX = "KXMVE"


def is_combo(ticker: str) -> bool:
    """Tell whether a ticker of a market, event or series is that of a multivariate one."""
    return ticker.startswith(COMBO_PREFIX)


def matcher(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of some shell patterns (*, ?, [abc]), upper and lower case being different."""
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")


class Selection:
    """What the settings choose: a market that any list names, or every market where all lists are empty.

    Combos are chosen only with `combos`, whatever the lists say.
    """

    def __init__(
        self,
        *,
        combos: bool = False,
        series: Sequence[str] = (),
        categories: Sequence[str] = (),
        tickers: Sequence[str] = (),
    ) -> None:
        """Choose by patterns of series tickers, categories and market tickers."""
        self.combos = combos
        self.needs_series = bool(series or categories)
        self._everything = not (series or categories or tickers)
        self._series, self._categories, self._tickers = matcher(series), matcher(categories), matcher(tickers)

    def chooses_ticker(self, market_ticker: str) -> bool:
        """Tell whether a market is chosen by its ticker alone."""
        if not self.combos and is_combo(market_ticker):
            return False
        return self._everything or self._tickers.match(market_ticker) is not None

    def may_choose(self, market_ticker: str) -> bool:
        """Tell whether a market is or could be chosen, once its series is known."""
        return self.chooses_ticker(market_ticker) or (
            self.needs_series and (self.combos or not is_combo(market_ticker))
        )

    def chooses_series(self, series_ticker: str, categories: Collection[str]) -> bool:
        """Tell whether the markets of a series are chosen, by its ticker or any of its categories."""
        return self._series.match(series_ticker) is not None or any(map(self._categories.match, categories))


class Chooser:
    """Applies the settings; remembers of series and events only whether they are chosen, and only where that counts."""

    def __init__(self, settings: SubscriptionSettings, shard: Shard | None) -> None:
        """Choose by these settings, and within one part of all markets where there is a shard."""
        self._selection = Selection(
            combos=settings.combos,
            series=settings.series,
            categories=settings.categories,
            tickers=settings.tickers,
        )
        self._shard = shard
        self._series: dict[str, bool] = {}
        self._events: dict[str, bool] = {}
        self.combos = settings.combos
        self.needs_events = self._selection.needs_series

    def learn_series(self, series: SeriesFacts) -> str:
        """Note whether a series is chosen; return its ticker."""
        if self.needs_events:
            self._series[series.ticker] = self._selection.chooses_series(series.ticker, series.all_categories())
        return series.ticker

    def learn_event(self, event_ticker: str, series_ticker: str) -> str:
        """Note whether an event's series is chosen, an empty one never is; return the event's ticker."""
        if self.needs_events:
            chosen = self._is_chosen(series_ticker)
            if chosen is None:
                self._events.pop(event_ticker, None)
            else:
                self._events[event_ticker] = chosen
        return event_ticker

    def _is_chosen(self, series_ticker: str) -> bool | None:
        """Tell whether a series is chosen; None for one so new that its categories are not known yet."""
        if not series_ticker:
            return False
        chosen = self._series.get(series_ticker)
        if chosen is not None:
            return chosen
        return True if self._selection.chooses_series(series_ticker, ()) else None

    def chooses(self, market_ticker: str, event_ticker: str) -> bool | None:
        """Tell whether a market's order book is wanted while it trades; None where its event is not known yet."""
        if self._shard is not None and not self._shard.holds(market_ticker):
            return False
        if self._selection.chooses_ticker(market_ticker):
            return True
        return self._events.get(event_ticker) if self._selection.may_choose(market_ticker) else False
