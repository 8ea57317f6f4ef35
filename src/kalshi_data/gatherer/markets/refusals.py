"""Objects of the exchange that are left out: every one is counted, the first of each reason is logged."""

from collections import Counter
from collections.abc import Iterable

import structlog

log = structlog.get_logger()

REASONS_LOGGED_MAX = 100
REASON_CHARACTERS_MAX = 200


class Refusals:
    """Counts refused objects by what they are; the log stays short however many there are."""

    def __init__(self, counts: Counter[str]) -> None:
        """Count in `counts`."""
        self._counts = counts
        self._logged: set[tuple[str, str]] = set()

    def add(self, kind: str, reasons: Iterable[str]) -> None:
        """Count refused objects of one kind, one per reason."""
        for each in reasons:
            self._counts[kind] += 1
            reason = each[:REASON_CHARACTERS_MAX]
            if (kind, reason) not in self._logged and len(self._logged) < REASONS_LOGGED_MAX:
                self._logged.add((kind, reason))
                log.error("object of the exchange refused; more of this reason are counted", kind=kind, reason=reason)
