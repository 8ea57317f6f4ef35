"""A strip: one sign per part of a time, whose state it shows."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich.text import Text


class Strip(NamedTuple):
    """The sign and the style of each state; the signs differ, so that a strip can be read without colours.

    Parts without a state have the sign `empty`.
    """

    signs: Mapping[str, str]
    styles: Mapping[str, str]
    empty: str = "·"

    def draw(self, states: Iterable[str | None]) -> Text:
        """Return one sign per part."""
        text = Text()
        for state in states:
            text.append(*self._cell(state))
        return text

    def legend(self, empty: str) -> Text:
        """Return what each sign means; `empty` is the meaning of parts without a state."""
        text = Text()
        for state, sign in self.signs.items():
            text.append(f"{sign} {state}  ", self.styles[state])
        text.append(f"{self.empty} {empty}")
        return text

    def _cell(self, state: str | None) -> tuple[str, str]:
        return (self.empty, "") if state is None else (self.signs[state], self.styles[state])
