"""How a failure that repeats is described and logged: when it begins, changes and ends, not each time."""

import time

import psycopg
import structlog

from kalshi_data.errors import KalshiDataError

log = structlog.get_logger()

TEXT_LENGTH_MAX = 500


def describe(error: BaseException) -> str:
    """Return an error as one bounded text; the name of its class is included if people cannot expect it."""
    text = str(error).strip()[:TEXT_LENGTH_MAX]
    if not text or is_unexpected(error):
        return f"{type(error).__name__}: {text}".removesuffix(": ")
    return text


def is_unexpected(error: BaseException) -> bool:
    """Return whether an error has no rule, so that the log should hold its traceback."""
    return not isinstance(error, KalshiDataError | psycopg.Error | OSError)


class FailureLog:
    """Logs the failures of one task."""

    def __init__(self, event: str, end: str, **key: object) -> None:
        """Log them as `event`, and as `end` that they are over; `key` names the task."""
        self._event = event
        self._end = end
        self._key = key
        self._kind: object = None
        self._began_at = 0.0

    def failed(self, error: BaseException) -> str:
        """Return the description of an error; log it unless the last failure was of the same kind."""
        text = describe(error)
        kind = (type(error), getattr(error, "sqlstate", None))
        if self._kind is None:
            self._began_at = time.monotonic()
        if kind != self._kind:
            log.warning(
                self._event,
                **self._key,
                error=text,
                exc_info=error if is_unexpected(error) else None,
            )
        self._kind = kind
        return text

    def succeeded(self) -> None:
        """Log the end of the failure, if there was one."""
        if self._kind is not None:
            seconds = round(time.monotonic() - self._began_at, 1)
            log.info(self._end, **self._key, seconds=seconds)
        self._kind = None
