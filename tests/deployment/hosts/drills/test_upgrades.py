"""Hosts get newer packages of PostgreSQL and TimescaleDB while the platform records.

The packages come from an archive on the hosts' own disks. Their TimescaleDB has another version, so a database refuses
every session from the restart of its server until its extension is updated.
"""

from typing import LiteralString

import psycopg
import pytest

from kalshi_data.database.connection import connect
from tests.deployment.hosts.ansible import PlaybookRun
from tests.deployment.hosts.drills.sessions import Sessions
from tests.deployment.hosts.fleet import DATABASES, GATHERERS, PRODUCTION
from tests.deployment.hosts.nspawn.image import make_image
from tests.deployment.hosts.nspawn.package_archive import (
    SERVER,
    SUFFIX,
    TIMESCALEDB,
    PackageArchive,
)
from tests.deployment.hosts.platform import Platform
from tests.deployment.hosts.test_life import watched

PLAYBOOK = "upgrade_databases.yml"
NAMES = {**dict.fromkeys(GATHERERS, "kalshi_ts"), PRODUCTION: "kalshi"}
EXTENSION = "select extversion from pg_extension where extname = 'timescaledb'"
# A run that ended between the packages and the extension leaves this.
INTERRUPTED = f"apt-get -qq update && apt-get -qq -y --allow-change-held-packages install {SERVER} {TIMESCALEDB}"


@pytest.fixture(scope="module")
def archive(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> PackageArchive:
    """Let the hosts with a database install from the archive."""
    made = PackageArchive(make_image(), tmp_path_factory.mktemp("archive"))
    made.make()
    for host in DATABASES:
        made.offer(platform.hosts[host].root)
    return made


def test_updates_leave_timescaledb_to_the_upgrade(platform: Platform, archive: PackageArchive) -> None:
    host = GATHERERS[2]

    watch, receivers, _ = watched(platform, lambda: _play(platform, "updates.yml", f"--limit={host}"))

    assert (watch >= 2, receivers >= 2) == (True, True)
    assert _package(platform, host, SERVER).endswith(SUFFIX)
    assert not _package(platform, host, TIMESCALEDB).endswith(SUFFIX)
    assert _value(platform, host, EXTENSION) == archive.installed
    platform.require_nothing_lost()


def test_check_mode_predicts_an_upgrade(platform: Platform, archive: PackageArchive) -> None:
    host = GATHERERS[1]

    predicted = _play(platform, PLAYBOOK, f"--limit={host}", "--check")

    assert {name for name, _ in predicted.changes} == {"Install the packages"}
    assert not _package(platform, host, TIMESCALEDB).endswith(SUFFIX)
    assert _value(platform, host, EXTENSION) == archive.installed


def test_an_upgrade_under_load_after_an_interrupted_one_leaves_two_gatherers_up(
    platform: Platform, archive: PackageArchive
) -> None:
    first = GATHERERS[0]
    platform.hosts[first].run("sh", "-ec", INTERRUPTED)
    with pytest.raises(psycopg.Error, match=f"timescaledb-{archive.installed}"):
        _value(platform, first, EXTENSION)

    with Sessions({host: platform.database(host, name) for host, name in NAMES.items()}) as sessions:
        watch, receivers, _ = watched(platform, lambda: _play(platform, PLAYBOOK))

    assert watch >= 2
    assert receivers == len(GATHERERS)
    for host in DATABASES:
        assert _package(platform, host, SERVER).endswith(SUFFIX)
        assert _package(platform, host, TIMESCALEDB).endswith(SUFFIX)
        assert platform.hosts[host].run("apt-mark", "showhold").split() == [TIMESCALEDB]
        assert _value(platform, host, EXTENSION) == archive.newer
    platform.measure_recovery("upgrade of the databases")
    refused = ", ".join(f"{host} {seconds:.0f} s" for host, seconds in sessions.refused_seconds().items())
    platform.measured.append(f"upgrade of the databases, no session was possible: {refused}")


def test_a_second_upgrade_changes_nothing(platform: Platform) -> None:
    assert _play(platform, PLAYBOOK).changes == set()


def _play(platform: Platform, playbook: str, *arguments: str) -> PlaybookRun:
    return platform.play_to_the_end(playbook, *arguments, version=platform.version(GATHERERS[0]))


def _package(platform: Platform, host: str, name: str) -> str:
    """Return the version of an installed package."""
    return platform.hosts[host].run("dpkg-query", "--show", "--showformat=${Version}", name)


def _value(platform: Platform, host: str, statement: LiteralString) -> str:
    with connect(platform.database(host, NAMES[host]), application_name="rehearsal") as connection:
        (found,) = connection.execute(statement).fetchone() or ("",)
        return str(found)
