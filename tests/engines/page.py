"""The backtests that the library's page shows."""

import re

from tests.conftest import ROOT

PAGE = ROOT / "src" / "kalshi_data" / "reader" / "README.md"
SNIPPETS = re.findall(r"^```py\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
LINES_MAX = 5


def snippet(engine: str) -> str:
    """Return the page's backtest in an engine, which is short with all that it imports."""
    (found,) = [each for each in SNIPPETS if f".{engine}_engine(" in each]
    lines = [line for line in found.splitlines() if line]
    assert len(lines) <= LINES_MAX
    assert max(map(len, lines)) <= 120
    return found
