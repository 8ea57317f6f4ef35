"""Which markets' order books are received: all, or those that lists of patterns name."""

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import translate

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
