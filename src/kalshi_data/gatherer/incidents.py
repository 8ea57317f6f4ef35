"""What is wrong with the exchange just now: said once, by whoever meets it first, and once more when it is over."""

from typing import Any

import structlog

log = structlog.get_logger()

KEY_REFUSED = "the exchange refuses the API key, trying again: check key_id and private_key_file"
UNREACHABLE = "the exchange cannot be reached, trying again: check the network, websocket_url and rest_url"


class Incidents:
    """Everything that somebody complains of, each with who does."""

    def __init__(self) -> None:
        """Begin without any."""
        self._open: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        """Tell whether something is wrong."""
        return bool(self._open)

    def report(self, what: str, who: str, **details: Any) -> None:
        """Say what is wrong, unless it was said."""
        if what not in self._open:
            log.error(what, **details)
        self._open.setdefault(what, set()).add(who)

    def resolve(self, who: str) -> None:
        """Take note that nothing is wrong for one; what is wrong for nobody any more is over."""
        for what, complaining in list(self._open.items()):
            complaining.discard(who)
            if not complaining:
                del self._open[what]
                log.info("over", what=what)
