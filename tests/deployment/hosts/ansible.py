"""Runs the project's playbooks on the hosts, with Ansible in its own environment.

Ansible enters a host's namespaces, so no port is open for it; on AWS, Systems Manager has the same effect.
"""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deployment.hosts.fleet import DEDUPLICATOR, GATHERERS, PRODUCTION, ROOT, Fleet
from tests.deployment.hosts.nspawn.host import Host
from tests.deployment.isolated_tool import isolated_tool

# Three times what the longest one takes on a busy machine, since machines differ by as much.
PLAYBOOK_SECONDS_MAX = 1500
GROUPS = {"gatherer": GATHERERS, "deduplicator": (DEDUPLICATOR,), "production": (PRODUCTION,)}
Variables = Mapping[str, Any]
SETTINGS = {
    "subscriptions": {"combos": True, "audit_seconds": 30},
    "recovery": {"settle_seconds": 0.5},
    "frame_log": {"free_bytes_min": 100_000_000},
}
# The hosts share this machine and its disk, so each gets a part of them, and waits are short.
SMALL: Variables = {
    "timescaledb_memory_mb": 512,
    "timescaledb_wal_mb_max": 1024,
    "zipapp_settle_seconds": 2,
    # Their clock is this machine's, and they have no route to an archive.
    "system_chrony": False,
    "system_updates": False,
    "kalshi_firewall": True,
    "firewall_open_ports": [],
    "zipapp_free_bytes_min": 500_000_000,
    "gatherer_settings": SETTINGS,
}
FAILED = re.compile(r" failed=[1-9]")
TASK = re.compile(r"(?:TASK|RUNNING HANDLER) \[(?:\w+ : )?(.+)\] \**$")


class PlaybookRun:
    """The result of one run of a playbook."""

    def __init__(self, name: str, status: int, output: str, seconds: float) -> None:
        self.name = name
        self.status = status
        self.output = output
        self.seconds = seconds

    @property
    def failed_hosts(self) -> list[str]:
        """The hosts on which a task failed, from the recap."""
        return [line.split()[0] for line in self.output.splitlines() if FAILED.search(line)]

    @property
    def changes(self) -> set[tuple[str, str]]:
        """The changes, or in check mode the predicted ones: the task and the line about a host."""
        found: set[tuple[str, str]] = set()
        task = ""
        for line in self.output.splitlines():
            if header := TASK.match(line):
                task = header[1]
            elif line.startswith("changed:"):
                found.add((task, line))
        return found


class Ansible:
    """The playbooks, run on one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.folder = ROOT / "ansible"
        self.inventory = fleet.folder / "hosts.yml"
        self._hosts = fleet.hosts
        tools = ROOT / ".pytest_cache" / "d" / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        self._programs = isolated_tool("ansible", tools)
        self.environment = os.environ | {
            "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).with_name("connection")),
            "ANSIBLE_HOME": str(fleet.folder / "ansible"),
            "ANSIBLE_LOG_PATH": str(fleet.folder / "ansible.log"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "LC_ALL": "C.UTF-8",
            "PATH": f"{self._programs}:{os.environ['PATH']}",
        }

    def write_inventory(self, everywhere: Variables, by_host: Mapping[str, Variables]) -> None:
        """Write the inventory: the hosts in the playbooks' groups, with variables of all and of single hosts."""
        groups = {
            group: {"hosts": {name: {**_reached(self._hosts[name]), **by_host.get(name, {})} for name in names}}
            for group, names in GROUPS.items()
        }
        self.inventory.touch(mode=0o600)
        self.inventory.write_text(yaml.safe_dump({"all": {"vars": dict(everywhere), "children": groups}}))

    def change(self, host: str, **variables: Any) -> None:
        """Change variables of a host in the inventory."""
        inventory = yaml.safe_load(self.inventory.read_text())
        for group in inventory["all"]["children"].values():
            if host in group["hosts"]:
                group["hosts"][host].update(variables)
        self.inventory.write_text(yaml.safe_dump(inventory))

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """Return the command that runs a playbook."""
        return [str(self._programs / "ansible-playbook"), f"--inventory={self.inventory}", playbook, *arguments]

    def play(self, playbook: str, *arguments: str) -> PlaybookRun:
        """Run a playbook to its end, successful or not."""
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
        return PlaybookRun(
            " ".join((playbook, *arguments)), done.returncode, done.stdout + done.stderr, time.monotonic() - began
        )


def _reached(host: Host) -> dict[str, str]:
    # The number of a host's first process changes with each boot.
    pid = f"{{{{ lookup('ansible.builtin.file', '{host.pid_file}') }}}}"
    return {
        "ansible_connection": "pipelined_nsenter",
        "ansible_nsenter_pid": pid,
        "kalshi_address": host.address,
    }
