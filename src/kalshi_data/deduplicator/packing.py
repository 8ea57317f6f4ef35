"""Pack hours that are over, one step after another."""

import psycopg
import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.settings import DeduplicatorSettings

log = structlog.get_logger()

PACKED = ("orderbook_deltas", "orderbook_snapshots", "tickers", "trades")
# A step moves at least a 256th of the rows that it may.
HALVINGS_MAX = 8
# More failures than these change nothing, so that as many packed hours end their effect.
FAILED_STEPS_COUNTED_MAX = HALVINGS_MAX // 2


class HourPacking:
    """Packs hours; a step that production did not survive is done again with a quarter of the rows.

    A full disk is no fault of the step.
    """

    def __init__(self, settings: DeduplicatorSettings) -> None:
        """Prepare to pack; step() does it."""
        self._settings = settings.packing
        self._condition = settings.packing_condition
        self._failed_steps = 0

    def step(self, production: Connection) -> bool:
        """Do one bounded step; return whether more of the same hour waits.

        The next hour follows after upkeep's pause, also if one cannot be packed or rows of it are being merged.
        """
        if not self._settings.enabled:
            return False
        rows_max = max(1, self._settings.rows_max >> 2 * self._failed_steps)
        asked = {**self._condition, "rows_max": rows_max}
        try:
            row = production.execute(query("production/packing/pack_next_hour"), asked).fetchone()
        except psycopg.errors.DiskFull:
            raise
        except Exception:
            self._failed_steps = min(self._failed_steps + 1, FAILED_STEPS_COUNTED_MAX)
            raise
        if row is None:
            return False
        stream, hour, moved, is_packed, error, failed_attempts = row
        if is_packed:
            self._failed_steps = max(0, self._failed_steps - 1)
        if error:
            report = log.debug if failed_attempts else log.warning
            report("an hour cannot be packed, trying it again later", stream=stream, hour=hour, error=error)
        if is_packed and moved:
            log.info("hour packed", stream=stream, hour=hour)
        return moved > 0 and not is_packed
