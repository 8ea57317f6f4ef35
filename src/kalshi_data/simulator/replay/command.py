"""What `simulator replay --archive` does: open the archive, load the window, serve it."""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from kalshi_data.reader import open_archive
from kalshi_data.reader.times import microseconds
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.process import announce
from kalshi_data.simulator.replay.archive_replay import ArchiveReplay
from kalshi_data.simulator.replay.archive_source import ArchiveSource, ReplayWindow
from kalshi_data.simulator.replay.play_clock import PlayClock
from kalshi_data.simulator.server import PublishingVenue


class ArchiveChoice(NamedTuple):
    """Which window of which archive is played, and how."""

    archive: str
    from_at: datetime
    until_at: datetime
    market: tuple[str, ...] = ()
    speed: float = 1.0
    times: str = "now"
    over_gaps: bool = False
    region: str | None = None
    endpoint: str | None = None
    anonymous: bool = False

    @property
    def store(self) -> Mapping[str, Any]:
        """The options of an S3 store that were given."""
        given = {"region": self.region, "endpoint_override": self.endpoint, "anonymous": self.anonymous or None}
        return {name: value for name, value in given.items() if value is not None}


class Serving(Protocol):
    """The options of an exchange."""

    @property
    def start(self) -> StartCondition:
        """What must be subscribed before it begins."""
        ...

    @property
    def journal(self) -> Path | None:
        """The file of everything published."""
        ...

    @property
    def limits(self) -> Limits:
        """The limits of the exchange."""
        ...

    async def serve(
        self, venue: PublishingVenue, run_markets: Callable[[], Coroutine[Any, Any, None]], close: Callable[[], None]
    ) -> None:
        """Serve a venue with these options until a signal ends it."""
        ...


def serve_archive(choice: ArchiveChoice, options: Serving) -> None:
    """Serve a window until a signal ends it.

    Raises:
        ArchiveError: the window cannot be played.
    """
    from_us, until_us = microseconds(choice.from_at), microseconds(choice.until_at)
    window = ReplayWindow(from_us, until_us, list(choice.market) or None, choice.over_gaps)
    source = ArchiveSource(open_archive(choice.archive, **choice.store), window)
    try:
        clock = PlayClock(from_us, choice.speed, keeps_times=choice.times == "original")
        with without_collection():
            replay = ArchiveReplay(source, clock, options.journal, announce, options.limits)
        asyncio.run(options.serve(replay, lambda: replay.run(options.start), replay.close))
    finally:
        source.close()


@contextmanager
def without_collection() -> Generator[None]:
    """Let the garbage collector rest while many objects are made that stay, and leave them out afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
