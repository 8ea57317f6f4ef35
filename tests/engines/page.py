"""The backtests that the library's page shows."""

import re

from tests.conftest import ROOT

PAGE = ROOT / "src" / "kalshi_data" / "reader" / "README.md"
SNIPPETS = re.findall(r"^```py\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def snippet(engine: str) -> str:
    """Return the page's backtest in an engine."""
    (found,) = [each for each in SNIPPETS if f"from {engine}" in each]
    return found
