"""Another program fills the disk of a database: a gatherer's, then production's. Nothing is lost, and all goes on."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION
from tests.deployment.hosts.platform import POLL_SECONDS, Platform
from tests.support.waiting import wait_until

POSTGRES = "postgresql@17-main.service"
FOLDER = "/var/lib/postgresql/17"
# The files move to a file system in memory that has 300 MB more than they need, and back.
TO_SMALL_DISK = f"""\
systemctl stop {POSTGRES}
mv {FOLDER} {FOLDER}.large
mkdir {FOLDER}
mount -t tmpfs -o "size=$(($(du -sm {FOLDER}.large | cut -f1) + 300))m,mode=755" small-disk {FOLDER}
cp -a {FOLDER}.large/. {FOLDER}
systemctl start {POSTGRES}
"""
FROM_SMALL_DISK = f"""\
systemctl stop {POSTGRES}
rm -rf {FOLDER}.large
cp -a {FOLDER} {FOLDER}.large
umount {FOLDER}
rmdir {FOLDER}
mv {FOLDER}.large {FOLDER}
systemctl start {POSTGRES}
"""
# It ends when no space is left.
FILL = f"dd if=/dev/zero of={FOLDER}/ballast bs=64k status=none || test -s {FOLDER}/ballast"
RELEASE = f"rm {FOLDER}/ballast"


@contextmanager
def small_disk(platform: Platform, name: str) -> Generator[None]:
    """Let the files of a host's database server be on a small disk."""
    run = platform.hosts[name].run
    run("sh", "-ec", TO_SMALL_DISK)
    try:
        yield
    finally:
        run("sh", "-ec", FROM_SMALL_DISK)


def wait_for_reason(platform: Platform, host: str, words: str) -> None:
    """Wait until a program's health says why it is not healthy."""
    wait_until(
        lambda: any(words in reason["text"] for reason in platform.health(host).get("reasons", [])),
        lambda: f"{host} reports {words!r}: {platform.health(host)}\n{platform.log(host)}",
        poll_seconds=POLL_SECONDS,
    )


@pytest.mark.parametrize(
    ("host", "program", "words"),
    [
        (GATHERERS[1], GATHERERS[1], "the disk of kalshi_ts has less than"),
        (PRODUCTION, DEDUPLICATOR, "No space left on device"),
    ],
)
def test_the_disk_of_a_database_is_full(platform: Platform, host: str, program: str, words: str) -> None:
    with small_disk(platform, host):
        platform.wait_healthy()
        platform.hosts[host].run("sh", "-ec", FILL)
        try:
            wait_for_reason(platform, program, words)
        finally:
            platform.hosts[host].run("sh", "-ec", RELEASE)
        platform.wait_healthy()
        if program != DEDUPLICATOR:
            server_log = platform.hosts[host].run("journalctl", "--no-pager", "--boot", f"--unit={POSTGRES}")
            assert "PANIC" not in server_log
    # The comparison needs more space than the small disk has.
    platform.measure_recovery(f"a full disk of {host}, and the former one again")
