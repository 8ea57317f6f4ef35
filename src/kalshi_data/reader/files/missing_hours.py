"""What is said of hours that an archive lacks."""

import warnings
from collections.abc import Sequence

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.files.hour_files import runs, width
from kalshi_data.reader.times import instant

RUNS_SHOWN = 3


class HoursMissing(UserWarning):
    """The archive lacks hours of the range that was asked for; the rows are those of the other hours."""


def report_missing(stream: str, missing: Sequence[int], *, has_files: bool) -> None:
    """Warn of the hours of a range for which a stream has no file.

    Raises:
        ArchiveError: there is no file at all.
    """
    if not missing:
        return
    what = f"the archive has no {stream} {described(missing, width(stream))}"
    if not has_files:
        raise ArchiveError(f"{what}: choose another range; `reader streams` and streams() show what there is")
    warnings.warn(what, HoursMissing, stacklevel=5)


def described(missing: Sequence[int], width_us: int) -> str:
    """Return which hours are missing, as a person reads it."""
    found = list(runs(missing, width_us))
    shown = [f"from {instant(begin):%Y-%m-%dT%H:%MZ} to {instant(end):%Y-%m-%dT%H:%MZ}" for begin, end in found]
    more = f" and {len(found) - RUNS_SHOWN:,} more ranges" if len(found) > RUNS_SHOWN else ""
    return f"{', '.join(shown[:RUNS_SHOWN])}{more}"
