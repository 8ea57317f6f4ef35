"""A host's control groups, as this machine sees them."""

import contextlib
import os
import signal
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
POLL_SECONDS = 0.1


class ControlGroups:
    """The groups of one host: one for each hierarchy of the machine."""

    def __init__(self, machine: str) -> None:
        self._machine = machine
        several = not (CGROUPS / "cgroup.procs").exists()
        self._paths = [CGROUPS / kind / machine for kind in (("systemd", "unified") if several else ("",))]

    def make(self) -> list[str]:
        """Create the groups and return their folders."""
        for path in self._paths:
            path.mkdir(exist_ok=True)
        return [str(path) for path in self._paths]

    def kill_all(self, seconds_max: float) -> None:
        """Kill every process in the groups.

        Raises:
            RuntimeError: a process is still there after `seconds_max`.
        """
        deadline = time.monotonic() + seconds_max
        while pids := {pid for path in self._paths for pid in _members(path)}:
            if time.monotonic() > deadline:
                raise RuntimeError(f"processes of {self._machine} do not end: see {self._paths[0]}")
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)

    def remove(self) -> None:
        """Remove the groups, as far as they are empty."""
        for path in self._paths:
            for folder, _, _ in os.walk(path, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()


def _members(group: Path) -> list[int]:
    """Return the processes in a control group and all below it."""
    found: list[int] = []
    for members in group.rglob("cgroup.procs"):
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in members.read_text().split()]
    return found
