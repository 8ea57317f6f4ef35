"""Which markets' order books the settings ask for."""

import re
from collections.abc import Collection, Iterable
from fnmatch import translate

from kalshi_data.gatherer.settings import SubscriptionSettings
from kalshi_data.kalshi.listings import SeriesFields
from kalshi_data.shard import Shard

COMBO_PREFIX = "KXMVE"
# A list that never ends must not fill the memory.
REMEMBERED_MAX = 2_000_000


def is_combo(ticker: str) -> bool:
    """Return whether the ticker of a market, event or series is a multivariate one."""
    return ticker.startswith(COMBO_PREFIX)


def compile_patterns(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return a regular expression that matches if any of the shell patterns (*, ?, [abc]) does; case matters."""
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")


class MarketFilter:
    """Includes a market if any list of the settings names it, or every market if all lists are empty.

    Combos are included only with `combos`, even if a list names them. Series and events are remembered only if the
    settings select by series or category, and only by whether they are included. An event is forgotten if no market
    that may trade has named it for long.
    """

    def __init__(self, settings: SubscriptionSettings, shard: Shard | None = None) -> None:
        """Filter by `settings`; with a shard, include only its part of the markets."""
        self.combos = settings.combos
        self.needs_events = bool(settings.series or settings.categories)
        self._includes_all = not (settings.series or settings.categories or settings.tickers)
        self._series_patterns = compile_patterns(settings.series)
        self._category_patterns = compile_patterns(settings.categories)
        self._ticker_patterns = compile_patterns(settings.tickers)
        self._shard = shard
        self._series: dict[str, bool] = {}
        self._events: dict[str, bool] = {}
        self._named: set[str] = set()

    def learn_series(self, series: SeriesFields) -> str:
        """Remember whether a series is included; return its ticker."""
        if self.needs_events and len(self._series) < REMEMBERED_MAX:
            self._series[series.ticker] = self._matches_series(series.ticker, series.all_categories())
        return series.ticker

    def learn_event(self, event_ticker: str, series_ticker: str, *, is_news: bool = True) -> str:
        """Remember whether an event's series is included; return the event's ticker.

        An event with an empty series ticker is not included. One that is no news is only remembered if it is known.
        """
        if self.needs_events and (is_news or event_ticker in self._events):
            included = self._includes_series(series_ticker)
            if included is None:
                self._events.pop(event_ticker, None)
            elif len(self._events) < REMEMBERED_MAX:
                self._events[event_ticker] = included
                self._named |= {event_ticker} if is_news else set()
        return event_ticker

    def name_event(self, event_ticker: str) -> None:
        """Record that a market that may trade is one of an event, so that the event is not forgotten."""
        if event_ticker in self._events:
            self._named.add(event_ticker)

    def forget_events(self) -> None:
        """Forget the events that no market has named since the last call; call this after all markets were listed."""
        self._events = {each: included for each, included in self._events.items() if each in self._named}
        self._named = set()

    def includes(self, market_ticker: str, event_ticker: str) -> bool | None:
        """Return whether a market's order book is wanted while it trades, or None if its event is not known yet."""
        if self._shard is not None and not self._shard.holds(market_ticker):
            return False
        if not self.combos and is_combo(market_ticker):
            return False
        if self._includes_all or self._ticker_patterns.match(market_ticker):
            return True
        return self._events.get(event_ticker) if self.needs_events else False

    def _includes_series(self, series_ticker: str) -> bool | None:
        """Return whether a series is included, or None if its categories are needed and not known yet."""
        if not series_ticker:
            return False
        included = self._series.get(series_ticker)
        if included is not None:
            return included
        return True if self._matches_series(series_ticker, ()) else None

    def _matches_series(self, series_ticker: str, categories: Collection[str]) -> bool:
        return self._series_patterns.match(series_ticker) is not None or any(
            map(self._category_patterns.match, categories)
        )
