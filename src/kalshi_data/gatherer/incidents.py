"""What is wrong with the exchange now: logged once when it starts, and once when it is over."""

from collections.abc import Iterable
from typing import Any

import structlog

log = structlog.get_logger()

KEY_REFUSED = (
    "the exchange refuses the API key, trying again: check key_id, which is read at a start, "
    "and private_key_file, which is read again"
)
CLOCK_REFUSED = "the exchange refuses the time of this host's requests, trying again: check the clock of this host"
UNREACHABLE = "the exchange cannot be reached, trying again: check the network, websocket_url and rest_url"


class Incidents:
    """The open incidents, each with the names of the connections that report it."""

    def __init__(self) -> None:
        """Start without incidents."""
        self._open: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        """Return whether an incident is open."""
        return bool(self._open)

    def report(self, incident: str, reporter: str, **details: Any) -> None:
        """Open an incident, and log it unless it is open already; what the reporter had reported before is over."""
        if incident not in self._open:
            log.error(incident, **details)
        self._open.setdefault(incident, set()).add(reporter)
        self._leave([other for other in self._open if other != incident], reporter)

    def resolve(self, reporter: str) -> None:
        """Record that a reporter has no problem; an incident ends when its last reporter resolves it."""
        self._leave(list(self._open), reporter)

    def _leave(self, incidents: Iterable[str], reporter: str) -> None:
        for incident in incidents:
            self._open[incident].discard(reporter)
            if not self._open[incident]:
                del self._open[incident]
                log.info("incident over", incident=incident)
