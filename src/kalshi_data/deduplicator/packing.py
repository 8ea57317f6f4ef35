"""Pack hours that are over, one step after another."""

import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.deduplicator.settings import DeduplicatorSettings

log = structlog.get_logger()

PACKED = ("orderbook_deltas", "orderbook_snapshots", "tickers", "trades")
# A step moves at least a 256th of the rows that it may.
HALVINGS_MAX = 8


class HourPacking:
    """Packs hours; a step that production did not survive is done again with a quarter of the rows."""

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
        rows_max = max(1, self._settings.rows_max >> min(2 * self._failed_steps, HALVINGS_MAX))
        self._failed_steps += 1
        row = production.execute(
            query("production/packing/pack_next_hour"), {**self._condition, "rows_max": rows_max}
        ).fetchone()
        self._failed_steps -= 1
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
