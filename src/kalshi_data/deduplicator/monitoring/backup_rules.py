"""The rules by which backups that production's own host should make, and does not, make a deduplicator degraded."""

import math
from collections.abc import Iterator

from kalshi_data.deduplicator.monitoring.measurements import Measurements
from kalshi_data.service.health import Reason, Severity

DAY_SECONDS = 86_400
# A timer makes one each day, and a full one each week; each may come late, or fail once.
AGE_DAYS_MAX = 2.5
FULL_AGE_DAYS_MAX = 15
FAILING_SECONDS_MAX = 900.0


def backup_rules(measurements: Measurements) -> Iterator[Reason]:
    """Return the reasons. None is worse than degraded, since the merge goes on."""
    backups = measurements.backups
    if backups is None:
        return
    if backups.failing_seconds > FAILING_SECONDS_MAX:
        text = (
            f"production's write-ahead log has not reached its backups for {backups.failing_seconds:.0f} s, and takes "
            "space of its disk: journalctl -u postgresql@* on its host shows why"
        )
        yield Reason(Severity.DEGRADED, "backups", text)
    for kind, age_seconds, days_max in (
        ("backup", backups.age_seconds, AGE_DAYS_MAX),
        ("full backup", backups.full_age_seconds, FULL_AGE_DAYS_MAX),
    ):
        if age_seconds > days_max * DAY_SECONDS:
            ended = f"the last {kind} of production was finished {age_seconds / DAY_SECONDS:.1f} days ago"
            if math.isinf(age_seconds):
                ended = f"no {kind} of production was ever finished"
            text = f"{ended}: journalctl -u production-backup@* on its host shows why"
            yield Reason(Severity.DEGRADED, "backups", text)
