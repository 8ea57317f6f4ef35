"""Runs the steps of the registry so that no failure of one ends the process or another step."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.incidents import CLOCK_REFUSED, KEY_REFUSED, Incidents
from kalshi_data.kalshi.refusals import STATUSES_OF_KEY, Refusal, refusal_of

# The name of REST among the connections that the exchange refuses.
REST_CONNECTION = "rest"
REFUSALS = {Refusal.KEY: KEY_REFUSED, Refusal.CLOCK: CLOCK_REFUSED}
Result = TypeVar("Result")


class StepGuard:
    """Counts each failure, reports it to health until the step succeeds, and logs its beginning and its end."""

    def __init__(self, counters: Counters, incidents: Incidents) -> None:
        """Start without failures."""
        self._counters = counters
        self._incidents = incidents
        self._refused: set[str] = set()

    async def attempt(self, name: str, step: Callable[[], Awaitable[Result]]) -> Result | None:
        """Run a step; return what it returns, or None if it failed."""
        try:
            result = await step()
        except Exception as error:
            self.failed(name, error)
            return None
        self.succeeded(name)
        return result

    def failed(self, name: str, error: Exception) -> None:
        """Record that a step failed; after a refusal of the key it is reported as such as well."""
        is_expected = isinstance(error, ExchangeError)
        reason = str(error) if is_expected else f"{type(error).__name__}: {error}"
        self._counters.registry_failures[name] += 1
        self._counters.registry_failing[name] = reason
        # An ExchangeError of REST names the request, the status with its reason, and then the words of the exchange.
        refusal = refusal_of(error.status, reason.split(": ", 2)[-1]) if isinstance(error, ExchangeError) else None
        if isinstance(error, ExchangeError) and (refusal in REFUSALS or error.status in STATUSES_OF_KEY):
            self._refused.add(name)
            what = REFUSALS.get(refusal) if refusal else None
            self._counters.refused[REST_CONNECTION] = f"{what}: {reason}" if what else reason
        if refusal in REFUSALS:
            # This explains every failed step, so none of them is logged beside it.
            self._incidents.report(REFUSALS[refusal], REST_CONNECTION, error=reason)
            return
        self._incidents.report(f"registry: cannot {name}, trying again", f"registry: {name}", error=reason)

    def succeeded(self, name: str) -> None:
        """Record that a step succeeded."""
        if self._counters.registry_failing.pop(name, None) is None:
            return
        self._refused.discard(name)
        self._incidents.resolve(f"registry: {name}")
        if not self._refused:
            self._counters.refused.pop(REST_CONNECTION, None)
            self._incidents.resolve(REST_CONNECTION)
