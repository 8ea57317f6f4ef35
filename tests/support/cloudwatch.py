"""A stand-in for the CloudWatch agent and for CloudWatch: it takes the lines of hosts and evaluates alarms.

It follows CloudWatch's documentation of the embedded metric format and of alarms with missing data. It sends nothing.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple

NAMESPACE = "KalshiData"
METRIC = "program_health"
LINE_BYTES_MAX = 1 << 18
WAIT_SECONDS_MAX = 20
# CloudWatch looks at more periods than the alarm names; values that are there go before what stands for missing ones.
MORE_PERIODS = 2
STATISTICS = {"Maximum": max, "Minimum": min}
COMPARISONS = {"LessThanThreshold": float.__lt__, "GreaterThanThreshold": float.__gt__}
# What each program's alarms are; the tests of Terraform compare them with the applied ones.
PROGRAM_ALARMS = {"health": (0.5, 1, "breaching"), "degraded": (1.0, 15, "notBreaching")}

Dimensions = frozenset[tuple[str, str]]


class Alarm(NamedTuple):
    """An alarm of Terraform, with its period in seconds."""

    namespace: str
    metric: str
    dimensions: Dimensions
    statistic: str
    comparison: str
    threshold: float
    period_seconds: int
    periods: int
    missing: str


def applied(values: Mapping[str, Any]) -> Alarm:
    """Return an alarm for the values of its resource."""
    return Alarm(
        values["namespace"],
        values["metric_name"],
        frozenset(values["dimensions"].items()),
        values["statistic"],
        values["comparison_operator"],
        float(values["threshold"]),
        int(values["period"]),
        int(values["evaluation_periods"]),
        values["treat_missing_data"],
    )


def program_alarm(host: str, program: str, kind: str) -> Alarm:
    """Return the alarm of a kind about the program of a host."""
    threshold, minutes, missing = PROGRAM_ALARMS[kind]
    dimensions = frozenset({"Host": host, "Program": program}.items())
    return Alarm(NAMESPACE, METRIC, dimensions, "Maximum", "LessThanThreshold", threshold, 60, minutes, missing)


class CloudWatch:
    """Values and lines of log groups, as sent."""

    def __init__(self) -> None:
        """Start without values."""
        self._values: dict[tuple[str, str, Dimensions], list[tuple[float, float]]] = {}
        self.lines: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def put(self, line: bytes) -> dict[str, Any]:
        """Take one line in the embedded metric format, as the agent sends it on; return it decoded."""
        document: dict[str, Any] = json.loads(line)
        about = document["_aws"]
        self.lines.setdefault((about["LogGroupName"], about["LogStreamName"]), []).append(document)
        for directive in about["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    key = (directive["Namespace"], metric["Name"], dimensions)
                    value = (about["Timestamp"] / 1000, float(document[metric["Name"]]))
                    self._values.setdefault(key, []).append(value)
        return document

    def state(self, alarm: Alarm, at_seconds: float) -> str:
        """Return the state of an alarm that is evaluated at a time: OK, ALARM or INSUFFICIENT_DATA."""
        found = self._periods(alarm, at_seconds)
        real = [value for value in found if value is not None]
        if len(real) >= alarm.periods:
            considered = [self._breaches(alarm, value) for value in real[-alarm.periods :]]
        elif alarm.missing == "missing" and not real:
            return "INSUFFICIENT_DATA"
        else:
            filled = [alarm.missing == "breaching"] * (alarm.periods - len(real))
            considered = [*filled, *(self._breaches(alarm, value) for value in real)]
        return "ALARM" if all(considered) else "OK"

    @staticmethod
    def _breaches(alarm: Alarm, value: float) -> bool:
        return COMPARISONS[alarm.comparison](value, alarm.threshold)

    def _periods(self, alarm: Alarm, at_seconds: float) -> list[float | None]:
        """Return the statistic of each finished period that is looked at, the newest last."""
        values = self._values.get((alarm.namespace, alarm.metric, alarm.dimensions), [])
        last = int(at_seconds // alarm.period_seconds)
        found: list[float | None] = []
        for period in range(last - alarm.periods - MORE_PERIODS, last):
            inside = [value for at, value in values if int(at // alarm.period_seconds) == period]
            found.append(STATISTICS[alarm.statistic](inside) if inside else None)
        return found


def take(listener: socket.socket) -> bytes:
    """Return what one client sent to the agent's port; it may have ended already."""
    listener.settimeout(WAIT_SECONDS_MAX)
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as sent:
        connection.settimeout(WAIT_SECONDS_MAX)
        return sent.read(LINE_BYTES_MAX)
