"""Runs the project's playbooks on the hosts, with Ansible in an environment of its own.

Ansible enters a host's namespaces as AWS' Systems Manager enters an instance: no port is open for it.
"""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from tests.deployment.hosts.fleet import GATHERERS, ROOT, Fleet
from tests.deployment.hosts.host import Host
from tests.deployment.terraform.isolated_tool import isolated_tool

PLAYBOOK_SECONDS_MAX = 600


class Ansible:
    """The playbooks of one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.folder = ROOT / "ansible"
        self._fleet = fleet
        self._inventory = fleet.folder / "hosts.yml"
        tools = ROOT / ".pytest_cache" / "d" / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        self._programs = isolated_tool("ansible", tools)
        own = {"ANSIBLE_HOME": str(fleet.folder / "ansible"), "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
        self.environment = os.environ | own | {"PATH": f"{self._programs}:{os.environ['PATH']}"}

    def write_inventory(self) -> Path:
        """Write the hosts down in the groups that the playbooks know, and return the file."""
        hosts = self._fleet.hosts
        groups: dict[str, Any] = {
            "gatherers": {"hosts": {name: _variables(hosts[name]) for name in GATHERERS}},
            "deduplicators": {"hosts": {"deduplicator": _variables(hosts["deduplicator"])}},
            "production": {"hosts": {"production": _variables(hosts["production"])}},
        }
        self._inventory.write_text(yaml.safe_dump({"all": {"children": groups}}))
        return self._inventory

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """Return the command that plays a playbook."""
        return [str(self._programs / "ansible-playbook"), f"--inventory={self._inventory}", playbook, *arguments]

    def play(self, playbook: str, *arguments: str) -> "Played":
        """Play a playbook to its end, whichever it is."""
        began = time.monotonic()
        done = subprocess.run(
            self.command(playbook, *arguments),
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.environment,
            text=True,
            timeout=PLAYBOOK_SECONDS_MAX,
        )
        return Played(playbook, done.returncode, done.stdout + done.stderr, time.monotonic() - began)


class Played:
    """How a playbook went."""

    def __init__(self, playbook: str, status: int, output: str, seconds: float) -> None:
        self.playbook = playbook
        self.status = status
        self.output = output
        self.seconds = seconds

    def require_success(self) -> "Played":
        """Fail with the end of the output where a task failed or a host could not be reached."""
        assert self.status == 0, self.output[-6000:]
        return self

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        counts = [part for line in self.output.splitlines() for part in line.split() if part.startswith("changed=")]
        return sum(int(count.removeprefix("changed=")) for count in counts)


def _variables(host: Host) -> dict[str, str]:
    # A host has another first process after each boot, and a playbook may reboot it.
    pid = f"{{{{ lookup('ansible.builtin.file', '{host.pid_file}') }}}}"
    return {
        "ansible_connection": "community.docker.nsenter",
        "ansible_host": host.address,
        "ansible_nsenter_pid": pid,
        "ansible_python_interpreter": "/usr/bin/python3",
    }
