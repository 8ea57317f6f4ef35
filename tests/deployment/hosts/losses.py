"""What happens after a host is lost with its disk, and what is read of it then."""

import time
from typing import Any, LiteralString

from kalshi_data.database.connection import connect
from tests.deployment.hosts.ansible import PlaybookRun
from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION
from tests.deployment.hosts.platform import Platform

EXPORT = ("deduplicator", "export", "--once", "--early")


def rebuild(platform: Platform, name: str, playbook: str) -> PlaybookRun:
    """Lose a host, let a playbook set up a bare one in its place, and wait until the platform has caught up.

    Returns:
        The run of the playbook.
    """
    version = platform.version(next(host for host in GATHERERS if host != name))
    began = time.monotonic()
    platform.fleet.lose(name)
    platform.fleet.replace(name)
    booted = time.monotonic() - began
    played = platform.play_to_the_end(playbook, version=version)
    took = f"bare host after {booted:.0f} s, {playbook} {played.seconds:.0f} s"
    platform.measured.append(f"{name} lost with its disk: {took}")
    platform.measure_recovery(f"{name} rebuilt")
    return played


def require_archive(platform: Platform) -> None:
    """Export what there is, and compare each row with production; hours into which rows came meanwhile are waiting."""
    platform.hosts[DEDUPLICATOR].run(*EXPORT)
    found = platform.archived("verify", "--deep")
    wrong = [each for each in found if each["state"] not in ("verified", "waiting")]
    assert not wrong, wrong
    assert "verified" in {each["state"] for each in found}


def rows(platform: Platform, host: str, statement: LiteralString, *values: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a host's database."""
    name = "kalshi" if host == PRODUCTION else "kalshi_ts"
    with connect(platform.database(host, name), application_name="rehearsal") as connection:
        return connection.execute(statement, values).fetchall()


def row(platform: Platform, host: str, statement: LiteralString, *values: str) -> tuple[Any, ...]:
    """Return the only row of a query on a host's database."""
    (found,) = rows(platform, host, statement, *values)
    return found
