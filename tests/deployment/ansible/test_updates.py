"""Hosts install security updates only, never reboot by themselves, restart no database, and change one by one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deployment.ansible.conftest import PLAYBOOKS
from tests.deployment.ansible.test_monitoring import settings

__all__ = ["settings"]
# What the package's own file contains, which apt reads first.
PACKAGED = """\
Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename},label=Debian"; };
Unattended-Upgrade::Package-Blacklist { "something"; };
Unattended-Upgrade::Automatic-Reboot "true";
"""


@pytest.fixture(scope="module")
def chosen(settings: Path) -> dict[str, list[str]]:
    """Return the settings of updates as apt understands them, by name."""
    program = shutil.which("apt-config")
    if program is None:
        pytest.skip("this machine has no apt to read its settings")
    file = settings / "apt.conf"
    file.write_text(PACKAGED + (settings / "gatherer-1.unattended-upgrades").read_text())
    done = subprocess.run(
        (program, "dump"), env=os.environ | {"APT_CONFIG": str(file)}, capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'^(?:APT::Periodic|Unattended-Upgrade)::([\w-]+)(?:::)? "(.+)";$', done.stdout, re.M
    ):
        found.setdefault(name, []).append(value)
    return found


def test_only_security_updates_come_by_themselves(chosen: dict[str, list[str]]) -> None:
    security = "origin=Debian,codename=${distro_codename}-security,label=Debian-Security"
    assert chosen["Origins-Pattern"] == [security]
    assert chosen["Automatic-Reboot"] == ["false"]
    assert chosen["Unattended-Upgrade"] == ["1"]


@pytest.mark.parametrize(
    ("package", "comes"),
    [
        ("postgresql-17", False),
        ("libpq5", False),
        ("prometheus", False),
        ("openssl", True),
        ("linux-image-arm64", True),
    ],
)
def test_what_would_restart_a_database_waits_for_a_person(
    chosen: dict[str, list[str]], package: str, comes: bool
) -> None:
    assert comes != any(re.match(pattern, package) for pattern in chosen["Package-Blacklist"])


def test_no_two_gatherers_update_at_once(settings: Path) -> None:
    times = [(settings / f"gatherer-{number}.calendar").read_text() for number in (1, 2, 3)]
    assert [re.sub(r"\s+", " ", each).strip() for each in times] == [
        f"*-*-* 03:{minute}:00 America/New_York" for minute in (15, 30, 45)
    ]


def test_chrony_prefers_the_clouds_time(settings: Path) -> None:
    sources = (settings / "gatherer-1.chrony.sources").read_text().splitlines()[1:]
    assert sources == ["server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4"]
    variables = yaml.safe_load((PLAYBOOKS / "inventories/aws/group_vars/all/platform.yml").read_text())
    assert variables["kalshi_time_servers"] == ["169.254.169.123"]


@pytest.mark.parametrize(
    ("playbook", "expected"),
    [
        ("updates.yml", ["healthy_peers", "update_now", "wait_healthy"]),
        ("upgrade_databases.yml", ["find_upgrades", "healthy_peers", "upgrade", "wait_healthy"]),
    ],
)
def test_gatherers_change_one_at_a_time_while_others_are_healthy(playbook: str, expected: list[str]) -> None:
    gatherers, production, deduplicator = yaml.safe_load((PLAYBOOKS / playbook).read_text())
    assert (gatherers["hosts"], gatherers["serial"], gatherers["any_errors_fatal"]) == ("gatherer", 1, True)
    steps = [task["ansible.builtin.include_role"]["tasks_from"] for task in gatherers["tasks"]]
    assert steps == expected
    assert (production["hosts"], deduplicator["hosts"]) == ("production", "deduplicator")
