"""The results of verify."""

from datetime import datetime

from msgspec import Struct

STATES = VERIFIED, WAITING, WRONG = "verified", "waiting", "wrong"
FOREIGN = "{} is not an object of the archive, but readers take it: remove it"


class Finding(Struct, kw_only=True):
    """Result for one hour, or for what belongs to none: its state, what it was compared with, and its problems."""

    stream: str
    begins_at: datetime | None
    state: str
    rows: int = 0
    bytes: int = 0
    compared_with: str = "manifest"
    problems: list[str] = []


def wrong(stream: str, hour: datetime | None, problem: str) -> Finding:
    """Return the result for an hour that could not be compared."""
    return Finding(stream=stream, begins_at=hour, state=WRONG, problems=[problem])
