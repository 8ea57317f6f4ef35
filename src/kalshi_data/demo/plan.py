"""What a demo plays: made-up markets or a recording, and which fields its messages lack."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from kalshi_data.simulator.feed.field_sets import NO_FIELDS, FieldSet

MARKETS = 200
MARKETS_MAX = 20_000
AUDIT_SECONDS = 20


class ArchiveWindow(NamedTuple):
    """A window of an archive in a folder."""

    archive: Path
    from_at: datetime
    until_at: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until_at - self.from_at).total_seconds()


class DemoPlan(NamedTuple):
    """The exchange of one demo: `markets` for some seconds, a recording within that time, or a window as it was.

    All messages lack the fields `without`. With a seed for `rollout`, single connections lack further fields.
    """

    seconds: float
    recording: Path | None = None
    markets: int = MARKETS
    audit_seconds: int | None = None
    without: FieldSet = NO_FIELDS
    rollout: int | None = None
    window: ArchiveWindow | None = None

    @property
    def command(self) -> list[str]:
        """The command of the simulator with what it plays, and how long that takes."""
        if self.window:
            times = [f"--from={self.window.from_at.isoformat()}", f"--to={self.window.until_at.isoformat()}"]
            return ["replay", f"--archive={self.window.archive}", *times]
        seconds = f"--seconds={self.seconds}"
        return ["replay", str(self.recording), seconds] if self.recording else ["run", seconds]

    @property
    def options(self) -> list[str]:
        """The options of the simulator, beside those of every demo."""
        markets = [] if self.recording or self.window else [f"--markets={self.markets}"]
        without = [f"--without={','.join(sorted(self.without))}"] if self.without else []
        rollout = [] if self.rollout is None else [f"--rollout={self.rollout}"]
        return [*markets, *without, *rollout]

    @property
    def activity(self) -> str:
        """What the exchange does, for the display."""
        if self.recording:
            return "the exchange plays the recording"
        if self.window:
            return f"the exchange plays {self.window.seconds:g} s of the archive"
        return f"the exchange runs {self.markets} markets for {self.seconds:g} s"

    @property
    def audits(self) -> int:
        """How often a gatherer asks for each book again, in seconds; 0 for never."""
        if self.audit_seconds is not None:
            return self.audit_seconds
        # Without clocks, the answer to an audit cannot be distinguished from the recording's own snapshots.
        return 0 if self.recording else AUDIT_SECONDS
