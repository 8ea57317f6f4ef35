"""Reports what the exchange refuses on one connection: in the log when it begins, changes or ends, and in health."""

import structlog

from kalshi_data.gatherer.connections.error_policy import ErrorAction, text_of
from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.messages import ErrorBody

log = structlog.get_logger()

# What health does not report as refused, since it concerns single markets or is over at once.
NOT_REPORTED = frozenset({ErrorAction.SPLIT, ErrorAction.MOVE, ErrorAction.RESUBSCRIBE})


class RefusalReports:
    """The refusals of one connection, by what was refused: a channel, or an action of a channel."""

    def __init__(self, connection: str, counters: Counters) -> None:
        """Report refusals on `connection`."""
        self._connection = connection
        self._refused = counters.refused
        self._codes: dict[str, int] = {}

    def refused(self, what: str, error: ErrorBody, action: ErrorAction) -> None:
        """Report a refused command, which is sent again."""
        if self._codes.get(what) != error.code:
            details = {"connection": self._connection, "refused": what, "code": error.code, "error": error.msg}
            log.warning("command refused", **details, action=action.name)
        self._codes[what] = error.code
        if action not in NOT_REPORTED:
            self._refused[self._name(what)] = text_of(error)

    def ended(self, what: str, reason: str, *, is_first: bool, is_repeated: bool) -> None:
        """Report that the exchange ended a subscription, which is made again."""
        if is_first:
            log.warning("subscription ended", connection=self._connection, channel=what, reason=reason)
        if is_repeated:
            self._refused[self._name(what)] = f"the subscription ends again and again: {reason}"

    def accepted(self, what: str) -> None:
        """Report that a refusal is over."""
        was_refused = self._refused.pop(self._name(what), None) is not None
        if self._codes.pop(what, None) is not None or was_refused:
            log.info("command accepted again", connection=self._connection, accepted=what)

    def _name(self, what: str) -> str:
        return f"{self._connection} {what}"
