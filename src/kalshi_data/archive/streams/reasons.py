"""Says in words why minutes have their state: from the archive's incidents, or else from the state alone."""

from collections.abc import Iterable, Mapping
from typing import Any

STATES = {
    "proven": "the books before and after it prove that no change is missing",
    "covered": "a gatherer received all of it; no book proves it",
    "repaired": "a gatherer missed some of it, which another one received or which was fetched",
    "idle": "a gatherer covered all of it, and the exchange published nothing",
    "halted": "a gatherer covered all of it; the exchange said that trading is not active",
    "gap": "no gatherer received all of it",
}
UNKNOWN_STATE = "unknown to this version of the program"
# States that have incidents.
EXPLAINED = ("repaired", "gap")
COLUMNS = ("market_ticker", "stream", "from_at", "to_at", "kind", "gatherer_id", "reason", "repair", "repaired_by")
# A time may have more incidents than a person reads.
INCIDENTS_MAX = 5


def explain(state: str, incidents: Iterable[Mapping[str, Any]]) -> str:
    """Return why a time has its state: its incidents in words, else what the state means; never an empty text.

    Incidents are rows of the stream `incidents` that overlap the time.

    Example:
        >>> explain("idle", [])
        'a gatherer covered all of it, and the exchange published nothing'
    """
    # Equal ones become one, in the order in which they began.
    found = list(dict.fromkeys(map(describe, incidents))) if state in EXPLAINED else []
    if not found:
        return STATES.get(state, UNKNOWN_STATE)
    more = len(found) - INCIDENTS_MAX
    return "; ".join(found[:INCIDENTS_MAX] + ([f"and {more} more"] if more > 0 else []))


def describe(incident: Mapping[str, Any]) -> str:
    """Return an incident in words.

    Example:
        >>> repair = {"repair": "gatherer", "repaired_by": "1"}
        >>> describe({"kind": "missed", "gatherer_id": 2, "reason": "it crashed", **repair})
        'gatherer 2 missed some of it: it crashed; gatherer 1 received it'
    """
    gatherer, reason = incident["gatherer_id"], incident["reason"]
    if incident["kind"] != "missed":
        return reason if gatherer is None else f"gatherer {gatherer}: {reason}"
    missed = reason if gatherer is None else f"gatherer {gatherer} missed some of it: {reason}"
    return f"{missed}; {repaired(incident['repair'], incident['repaired_by'])}"


def repaired(repair: str, by: str | None) -> str:
    """Return in words where what was missed is from; `by` has the numbers of gatherers, with commas."""
    gatherers = f"gatherer{'s' if by and ',' in by else ''} {' and '.join(by.split(','))}" if by else "another gatherer"
    return {
        "gatherer": f"{gatherers} received it",
        "rest": f"{gatherers} fetched it by REST",
        "books": "the books around it show that nothing happened",
    }.get(repair, "it is lost")
