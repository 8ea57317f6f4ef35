"""Counts beside the merge what production knows of its completeness, and reads when certificates end.

The monitor of lag and heartbeats must answer within seconds, and these counts take longer, so they have a thread and a
connection of their own.
"""

import time
from collections.abc import Mapping

import psycopg
import structlog

from kalshi_data.database.certificate import read_certificate_end
from kalshi_data.database.connection import Connection, ReconnectingConnection, query
from kalshi_data.deduplicator.completeness.day_parts import CELLS
from kalshi_data.deduplicator.monitoring.measurements import (
    BookChecks,
    CompletenessCounts,
    Contribution,
    ExpectedBooks,
    LostMinutes,
    Measurements,
)
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.service.periodic import PeriodicThread

log = structlog.get_logger()

STATEMENT_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 5.0
# So the counts take at most a thirtieth of a processor of production. With 50,000 open markets, 20,000 of them with
# changes, they take some 10 s, most of it for minutes; an earlier day takes as long again, at most once an hour each.
PAUSES_MIN = 30
# Until then the minutes of a day may change: what was missed is found late, and repaired.
DAYS_MAX = 7
CERTIFICATES_SECONDS = 3600.0


class CompletenessMonitor:
    """Counts in its own thread; one count at a time, each by bounded statements."""

    def __init__(self, settings: DeduplicatorSettings, measurements: Measurements) -> None:
        """Prepare to write into `measurements`; start() does it."""
        self._settings = settings
        self._measurements = measurements
        self._certificates_at_seconds = float("-inf")
        self._production = ReconnectingConnection(
            settings.production.runtime.conninfo,
            application_name="deduplicator completeness",
            statement_seconds_max=STATEMENT_SECONDS_MAX,
        )
        self._thread = PeriodicThread("completeness", self.measure, self._pause_seconds, self.close)

    def start(self) -> None:
        """Count now and then every minute or so."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, unless production answers slowly: then it ends with the process."""
        self._thread.stop(STOP_SECONDS_MAX)

    def close(self) -> None:
        """Close the connection to production."""
        self._production.close()

    def measure(self) -> None:
        """Count everything once; if production does not answer, keep the last counts and say so."""
        if time.monotonic() - self._certificates_at_seconds >= CERTIFICATES_SECONDS:
            self._certificates_at_seconds = time.monotonic()
            self._measurements.certificates = self._certificate_ends()
        try:
            with self._production.use() as production:
                self._measurements.completeness = self._count(production)
            self._measurements.completeness_failure = ""
        except psycopg.Error as error:
            text = str(error).strip().partition("\n")[0] or type(error).__name__
            self._measurements.completeness_failure = text

    def _pause_seconds(self) -> float:
        count_seconds = self._measurements.completeness.count_seconds
        return max(self._settings.health.count_seconds, PAUSES_MIN * count_seconds)

    def _count(self, production: Connection) -> CompletenessCounts:
        health, started_at = self._settings.health, time.monotonic()
        repair = {"repair_seconds": health.repair_seconds}
        silence = {"silence_seconds": self._settings.merging.heartbeat_seconds_max}
        lost = production.execute(query("production/monitoring/read_lost_minutes"), repair).fetchall()
        checks = production.execute(query("production/monitoring/count_book_checks")).fetchone()
        books = production.execute(query("production/monitoring/count_markets_without_book"), silence).fetchone()
        gaps = production.execute(query("production/monitoring/count_gaps")).fetchall()
        shares = production.execute(query("production/monitoring/count_contributions")).fetchall()
        production.execute(query("production/monitoring/sum_up_minutes"), {"cells": CELLS})
        production.execute(query("production/monitoring/sum_up_earlier_day"), {"cells": CELLS, "days_max": DAYS_MAX})
        minutes = production.execute(query("production/monitoring/count_minutes")).fetchall()
        return CompletenessCounts(
            {(stream, state): count for stream, state, count in minutes},
            tuple(LostMinutes(*row) for row in lost),
            BookChecks(*checks) if checks else BookChecks(),
            ExpectedBooks(*books) if books else ExpectedBooks(),
            {(stream, repair): count for stream, repair, count in gaps},
            {(number, stream): Contribution(*counts) for number, stream, *counts in shares},
            time.time(),
            time.monotonic() - started_at,
        )

    def _certificate_ends(self) -> Mapping[str, float]:
        """Return when each database's certificate ends; one that cannot be read keeps what was known."""
        places = {"production": self._settings.production.runtime.conninfo}
        for gatherer in self._settings.gatherers:
            places[f"kalshi_ts of gatherer {gatherer.id}"] = gatherer.kalshi_ts.conninfo
            places[f"kalshi_meta of gatherer {gatherer.id}"] = gatherer.kalshi_meta.conninfo
        ends = dict(self._measurements.certificates)
        for name, conninfo in places.items():
            try:
                end = read_certificate_end(conninfo)
            except (OSError, psycopg.Error) as error:
                # Whoever connects to the database reports the same error to health.
                log.debug("the end of a certificate cannot be read", database=name, error=str(error))
                continue
            if end is not None:
                ends[name] = end
        return ends
