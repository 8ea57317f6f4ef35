"""Best prices that pass over most changes are those of the book after each change."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.reader.amounts import DOLLAR
from kalshi_data.reader.fold import MarketFold
from kalshi_data.reader.holes import Hole
from kalshi_data.reader.market_rows import Change, Snapshot
from kalshi_data.reader.quotes import QuoteFold
from kalshi_data.reader.times import SECOND

UNTIL = 60 * SECOND
SIDES = st.sampled_from(["yes", "no"])
PRICES = st.integers(1, 6).map(lambda cents: cents * 10_000)
LADDERS = st.dictionaries(PRICES, st.integers(1, 3), max_size=4)
TIMES = st.integers(0, 60).map(lambda seconds: seconds * SECOND)
CLOCKS = st.integers(0, 12)
CHANGES = st.lists(
    st.builds(
        Change,
        TIMES,
        CLOCKS,
        SIDES,
        PRICES,
        st.sampled_from([-2, -1, 1, 2]),
        TIMES,
        st.just(1),
        st.sampled_from([3, 6]),
    ),
    max_size=25,
)
SNAPSHOTS = st.lists(
    st.builds(Snapshot, TIMES, CLOCKS, st.booleans(), st.none() | TIMES, st.just(1), LADDERS, LADDERS), max_size=4
)
HOLES = st.lists(st.builds(Hole, TIMES, TIMES | st.just(UNTIL), st.just("gap"), st.booleans()), max_size=3)
Quoted = list[tuple[Any, ...]]


def whole_quotes(fold: MarketFold) -> Quoted:
    """Return what changed of the best prices: each turn is looked at."""
    found: Quoted = []
    received_us = 0
    for turn in fold.turns():
        received_us = max(received_us, turn.received_us)
        yes, no = fold.book.yes_ladder, fold.book.no_ladder
        bid, ask = max(yes, default=None), max(no, default=None)
        shown = (bid, None if bid is None else yes[bid], None if ask is None else DOLLAR - ask)
        shown += (None if ask is None else no[ask], fold.book.is_known)
        if not found or found[-1][3:] != shown:
            found.append((turn.at_us, received_us, turn.clock, *shown))
    return found


def passing_quotes(fold: QuoteFold) -> Quoted:
    """Return the same of a fold that passes over changes."""
    found: Quoted = []
    received_us = 0
    for turn in fold.turns():
        received_us = max(received_us, turn.received_us, fold.received_us)
        if not found or found[-1][3:] != fold.quote():
            found.append((turn.at_us, received_us, turn.clock, *fold.quote()))
    return found


def rows(changes: Sequence[Change], *, has_clock: bool) -> list[Change]:
    return sorted(each._replace(clock=each.clock + 1) if has_clock else each for each in changes)


@given(SNAPSHOTS, CHANGES, HOLES, TIMES, st.booleans())
def test_no_change_of_the_best_prices_is_passed_over(
    snapshots: list[Snapshot], changes: list[Change], holes: list[Hole], begin: int, has_clock: bool
) -> None:
    held = sorted(each._replace(has_clock=has_clock or each.has_clock) for each in snapshots_of(snapshots))
    arguments = ("KXA-1", begin, held, rows(changes, has_clock=has_clock), holes)
    assert passing_quotes(QuoteFold(*arguments)) == whole_quotes(MarketFold(*arguments))


def snapshots_of(drawn: Sequence[Snapshot]) -> list[Snapshot]:
    """Return one snapshot of each time."""
    return list({each.received_us: each for each in drawn}.values())
