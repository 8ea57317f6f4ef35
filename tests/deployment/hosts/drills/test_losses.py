"""The deduplicator, and production without a backup, are lost with their disks, and nothing is lost."""

from tests.deployment.hosts.fleet import DEDUPLICATOR, PRODUCTION
from tests.deployment.hosts.losses import EXPORT, rebuild, require_archive, row, rows
from tests.deployment.hosts.platform import Platform

SERVICE = "deduplicator.service"
REBUILD = "rebuild_production.yml"
WRITTEN = """
select stream, hour::text, touched_at::text, exported_at::text from ops.archive_partitions where state = 'verified'
"""
RESTORED = "select count(*), sum(row_count)::bigint from ops.archive_partitions where restored_at is not null"


def test_the_deduplicator_is_lost_with_its_disk(platform: Platform) -> None:
    """It goes on where production says, and the archive's hours stay as they are."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    written = set(rows(platform, PRODUCTION, WRITTEN))
    rebuild(platform, DEDUPLICATOR, "site.yml")

    untouched = {each[:3] for each in written} & {each[:3] for each in rows(platform, PRODUCTION, WRITTEN)}
    assert {stream for stream, *_ in untouched} >= {"series", "events", "markets"}
    assert {each for each in written if each[:3] in untouched} <= set(rows(platform, PRODUCTION, WRITTEN))
    require_archive(platform)


def test_a_production_that_holds_rows_is_not_rebuilt_by_mistake(platform: Platform) -> None:
    running = platform.main_process(DEDUPLICATOR, SERVICE)
    version = platform.version(DEDUPLICATOR)

    refused = platform.play(REBUILD, version=version)
    predicted = platform.play_to_the_end(REBUILD, "--check", version=version, rebuild_into_rows="true")

    assert (refused.failed_hosts, refused.changes) == ([DEDUPLICATOR], set())
    assert "Production answers and holds rows already" in refused.output
    assert "Stop the deduplicator" in {task for task, _ in predicted.changes}
    assert platform.main_process(DEDUPLICATOR, SERVICE) == running


def test_production_is_lost_with_its_disk_and_has_no_backup(platform: Platform) -> None:
    """The archive's rows come back, and those that were not archived come again from the gatherers."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    archived = [each for each in platform.archived("verify", "--offline") if each["state"] == "verified"]

    rebuild(platform, PRODUCTION, REBUILD)

    hours, rows = row(platform, PRODUCTION, RESTORED)
    assert hours >= len(archived) > 0
    assert rows >= sum(each["rows"] for each in archived) > 0
    require_archive(platform)
