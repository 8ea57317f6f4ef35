"""How much space kalshi_ts has: below its bound, and on its disk if that belongs to this host."""

import math
from contextlib import suppress
from pathlib import Path

from kalshi_data.database.connection import Connection, query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.disk_reserve import DiskReserve
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.growth import EXCESS, Growth

# Without a bound, the database may take this share of what the platform could have of the disk. The frame log, the
# write-ahead log and others have the rest.
DISK_SHARE = 0.55


class DatabaseSpace:
    """The space of kalshi_ts; retention measures it, and whoever commits rows asks first."""

    def __init__(self, settings: GathererSettings, counters: Counters) -> None:
        """Start without knowing the disk; find_disk() looks for it."""
        self._bound = settings.retention.database_bytes_max
        self._free_bytes_min = settings.frame_log.free_bytes_min
        self._log_folder = settings.frame_log.folder
        self._counters = counters
        self._folder: Path | None = None

    def find_disk(self, connection: Connection) -> None:
        """Ask the database where its files are."""
        row = connection.execute(query("capture/retention/read_data_directory")).fetchone()
        self._folder = Path(row[0]) if row and row[0] else None

    def _reserve(self) -> DiskReserve | None:
        """Measure the disk; None if its folder is not on this host, or cannot be reached."""
        if self._folder is None:
            return None
        with suppress(OSError):
            found = DiskReserve.of(self._folder, self._free_bytes_min)
            self._counters.database_free_bytes = found.free_bytes
            return found
        return None

    @property
    def bytes_max(self) -> float:
        """The size that the database may have; infinite if neither a bound nor the disk says."""
        if self._bound:
            return self._bound
        found = self._reserve()
        if found is None:
            return math.inf
        return DISK_SHARE * (self._counters.database_bytes + self._logged_bytes() + found.free_bytes)

    def _logged_bytes(self) -> int:
        """Return how much of the same disk the frame log takes."""
        with suppress(OSError):
            if self._folder and self._folder.stat().st_dev == self._log_folder.stat().st_dev:
                return self._counters.log_bytes
        return 0

    @property
    def missing_bytes(self) -> int:
        """How much of what is merged should go early; 0 if there is enough space."""
        found = self._reserve()
        missing = found.reserve_bytes - found.free_bytes if found else 0
        if not self._bound:
            excess = self._counters.database_bytes - self.bytes_max
            missing = max(missing, 0 if excess == -math.inf else math.ceil(excess))
        return max(0, missing)

    def why_full(self) -> str:
        """Return why no rows may be committed now; an empty text if they may."""
        found = self._reserve()
        if found and not found.takes_rows:
            return (
                f"the disk of kalshi_ts has less than {found.reserve_bytes // 2:,} bytes left, and without space its "
                "server would crash: free some"
            )
        if self._counters.database_bytes > self.bytes_max * (EXCESS if self._bound else 1):
            return (
                "kalshi_ts exceeds its bound on space, and nothing old is left to drop: see why the deduplicator does "
                "not read it, or raise [retention] database_bytes_max"
            )
        return ""

    def days_left(self, growth: Growth) -> float:
        """Return after how many days rows must be dropped that are not merged; infinite if never."""
        return growth.days_left(self._kept_bytes_max(growth))

    def toward_full(self, growth: Growth) -> Growth:
        """Return the growth at the rate of the last hour, if the database would soon be full at that."""
        return growth.toward(self._kept_bytes_max(growth))

    def _kept_bytes_max(self, growth: Growth) -> float:
        found = self._reserve()
        on_disk = growth.database_bytes + found.free_bytes - found.reserve_bytes // 2 if found else math.inf
        return min(self.bytes_max, on_disk)
