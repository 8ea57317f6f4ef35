"""Decides of each market whether its order book is to be received, as far as that is known yet."""

from kalshi_data.gatherer.configuration import Subscriptions
from kalshi_data.gatherer.listings import SeriesFacts
from kalshi_data.gatherer.selection import Selection
from kalshi_data.shard import Shard


class Chooser:
    """Applies the settings; remembers of series and events only whether they are chosen, and only where that counts."""

    def __init__(self, settings: Subscriptions, shard: Shard | None) -> None:
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
