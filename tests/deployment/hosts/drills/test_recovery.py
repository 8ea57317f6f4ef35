"""Production makes backups of its own, is lost with its disk, and is restored from them: nothing is lost."""

import json
import time
from datetime import UTC, datetime
from typing import Any, LiteralString

from kalshi_data.database.connection import connect
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION
from tests.deployment.hosts.losses import EXPORT, require_archive
from tests.deployment.hosts.platform import POLL_SECONDS, Platform
from tests.deployment.hosts.services.metadata import ROLE
from tests.deployment.hosts.services.outside import ARCHIVE_URL, BACKUPS
from tests.support.waiting import wait_until

STORE = {
    "kalshi_backups": {
        "bucket": BACKUPS,
        "endpoint": ARCHIVE_URL.removeprefix("https://"),
        "role": ROLE,
    }
}
WITH_BACKUPS = ("-e", json.dumps({**STORE, "backups_log_seconds_max": 10}))
SERVICE = "deduplicator.service"
SERVER = "select system_identifier::text, timeline_id from pg_control_system(), pg_control_checkpoint()"
# The server forgets it when it is restarted, which site.yml does.
REPLAYED = "last completed transaction was at log time "
FINISHED = "select kind from ops.backups"
KEPT = "select last_archived_time > %s::timestamptz from pg_stat_archiver"


def test_production_begins_to_make_backups(platform: Platform) -> None:
    platform.play_to_the_end("site.yml", *WITH_BACKUPS, version=_version(platform))

    wait_until(
        lambda: _row(platform, FINISHED) == ("full",),
        lambda: f"the first backup:\n{platform.log(PRODUCTION)}",
        poll_seconds=POLL_SECONDS,
    )
    platform.wait_healthy()


def test_a_running_production_is_not_replaced_by_mistake(platform: Platform) -> None:
    running = platform.main_process(DEDUPLICATOR, SERVICE)
    refused = platform.play("restore_production.yml", *WITH_BACKUPS, version=_version(platform))

    assert refused.failed_hosts == [PRODUCTION]
    assert "to replace it by the backup, add -e backups_replace=true" in refused.output
    assert platform.main_process(DEDUPLICATOR, SERVICE) == running


def test_production_is_lost_with_its_disk_and_restored(platform: Platform) -> None:
    """What the last file of the log does not have comes again from the gatherers."""
    version, (identifier, timeline) = _version(platform), _row(platform, SERVER)
    _wait_for_log(platform, datetime.now(UTC))
    lost_at = time.time()
    platform.fleet.lose(PRODUCTION)
    platform.fleet.replace(PRODUCTION)
    platform.play_to_the_end("restore_production.yml", *WITH_BACKUPS, version=version)

    assert _row(platform, SERVER) == (identifier, timeline + 1)
    point = lost_at - _replayed(platform).timestamp()
    platform.measured.append(f"{PRODUCTION} restored from its backups, to {point:.0f} s before it was lost")
    platform.measure_recovery(f"{PRODUCTION} restored")


def test_production_goes_back_to_a_moment(platform: Platform) -> None:
    """What the archive got since, and what the gatherers still hold, is merged again."""
    moment = datetime.now(UTC)
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    _wait_for_log(platform, datetime.now(UTC))
    target = json.dumps({"backups_restore_to": f"{moment:%Y-%m-%d %H:%M:%S.%f+00}", "backups_replace": True})
    began = time.monotonic()

    platform.play_to_the_end("restore_production.yml", *WITH_BACKUPS, "-e", target, version=_version(platform))

    assert _replayed(platform) <= moment
    platform.measured.append(f"{PRODUCTION} back at a moment of before: {time.monotonic() - began:.0f} s")
    platform.measure_recovery(f"{PRODUCTION} back at a moment")
    require_archive(platform)


def _wait_for_log(platform: Platform, at: datetime) -> None:
    """Wait until the bucket has production's log of a moment."""
    wait_until(
        lambda: _row(platform, KEPT, at.isoformat()) == (True,),
        lambda: f"the log in the bucket:\n{platform.log(PRODUCTION)}",
        poll_seconds=POLL_SECONDS,
    )


def _replayed(platform: Platform) -> datetime:
    """Return the time of the last transaction that production's host has restored."""
    log = platform.hosts[PRODUCTION].run("journalctl", "--no-pager", "--output=cat", f"--grep={REPLAYED}")
    return datetime.fromisoformat(log.splitlines()[-1].partition(REPLAYED)[2])


def _version(platform: Platform) -> str:
    return platform.version(GATHERERS[0])


def _row(platform: Platform, statement: LiteralString, *values: str) -> tuple[Any, ...]:
    with connect(platform.database(PRODUCTION, "kalshi"), application_name="rehearsal") as connection:
        return connection.execute(statement, values).fetchone() or ()
