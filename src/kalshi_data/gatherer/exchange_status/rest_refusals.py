"""Refusals of REST, counted by status and kept in the exchange's words, also if a repeated request then succeeds."""

import time
from collections.abc import Callable

import structlog

from kalshi_data.gatherer.counters import Counters
from kalshi_data.kalshi.refusals import BadAnswer
from kalshi_data.service.repeated import Repeated

log = structlog.get_logger()

# The status of a refusal that is no HTTP status of three digits.
STATUSES = range(100, 600)
OTHER_STATUS = 0


class RestRefusals:
    """Takes each refusal for health, status and metrics; the first of a kind in a while is logged."""

    def __init__(self, counters: Counters, now: Callable[[], float] = time.time) -> None:
        """Record in `counters`; `now` returns s since 1970."""
        self._counters = counters
        self._now = now
        self._logged = Repeated()

    def take(self, refusal: BadAnswer) -> None:
        """Record one refusal."""
        counters, now_s = self._counters, self._now()
        status = refusal.status if refusal.status in STATUSES else OTHER_STATUS
        counters.requests_refused[status] += 1
        if refusal.retry_after_seconds > 0:
            counters.rest_waits_until_seconds = now_s + refusal.retry_after_seconds
        if not refusal.concerns_all:
            return
        counters.rest_refusal, counters.rest_refused_at_seconds = str(refusal), now_s
        if times := self._logged.due(status):
            waits = refusal.retry_after_seconds
            log.warning("the exchange refuses requests", error=str(refusal), times=times, waits_seconds=waits)
