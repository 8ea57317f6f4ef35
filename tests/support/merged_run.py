"""What three gatherers receive of one run of an exchange while fields come and go, merged into production."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kalshi_data.database.connection import Connection
from kalshi_data.simulator.feed.field_sets import OPTIONAL, FieldSet
from tests.support.books import ensure_partitions
from tests.support.engines import Engine
from tests.support.exchange_lines import Lines
from tests.support.staging import merge, receive

CONTROL = {"subscribed", "ok", "error"}
Frame = dict[str, Any]
TIMES = frozenset({"ts", "ts_ms"})
EVERYTHING: FieldSet = frozenset[str]().union(*OPTIONAL.values())
# What the three lines lack, in each part of a run. No field is lacking on all lines at once.
FIELDS: tuple[tuple[FieldSet, ...], ...] = (
    (frozenset(), frozenset(), frozenset()),
    (frozenset({"clock"}), frozenset(), frozenset()),
    (EVERYTHING, frozenset(), frozenset({"clock", "market_id"})),
    (
        frozenset({"clock", "market_id", "is_deactivated"}),
        frozenset({"ts", "volume_fp", "taker_side", "exchange_index"}),
        frozenset({"ts_ms", "yes_ask_dollars"}),
    ),
)
# No line gets a time.
UNDATED = ((TIMES | {"time"},) * 3,)
PART_TICKS = 60


def play(journal: Path, lacked: Sequence[Sequence[FieldSet]]) -> list[list[Frame]]:
    """Play some seconds and return what each line was sent."""
    lines = Lines(journal, len(lacked[0]), deltas_per_second=200, lifecycles_per_second=8)
    for part in lacked:
        for session, fields in zip(lines.sessions, part, strict=True):
            session.fields.lack(fields)
        for tick in range(PART_TICKS):
            if tick % 20 == 10:
                lines.audit()
            lines.play()
    lines.journal()
    numbers = range(1, len(lacked[0]) + 1)
    return [[each for each in lines.frames(number) if each["type"] not in CONTROL] for number in numbers]


@contextmanager
def merged_run(engine: Engine, journal: Path, lacked: Sequence[Sequence[FieldSet]]) -> Generator[Connection]:
    """Let three gatherers receive a run, and merge what they received."""
    with ExitStack() as stack:
        production = stack.enter_context(engine.database("production"))
        gatherers = [stack.enter_context(engine.database("kalshi_ts")) for _ in lacked[0]]
        received, now = play(journal, lacked), datetime.now(UTC)
        for number, (gatherer, frames) in enumerate(zip(gatherers, received, strict=True), start=1):
            receive(gatherer, frames, now, number)
        merge(production, gatherers)
        connection = stack.enter_context(production.connect())
        # Tests move rows by an hour.
        ensure_partitions(connection, *(datetime.now(UTC) + timedelta(hours=hours) for hours in range(-2, 3)))
        yield connection
