"""The network between hosts: a bridge in its own namespace, which nothing else on this machine can reach.

The exchange and the archive run in the bridge's namespace, each with its own address.
"""

import contextlib
import os
import signal
from pathlib import Path

from tests.support.debian_packages import run

NAMESPACES = Path("/run/netns")
PREFIX = "10.77.0"
ADDRESSES = {
    "production-1": f"{PREFIX}.10",
    "gatherer-1": f"{PREFIX}.11",
    "gatherer-2": f"{PREFIX}.12",
    "gatherer-3": f"{PREFIX}.13",
    "deduplicator-1": f"{PREFIX}.20",
    "exchange": f"{PREFIX}.253",
    "archive": f"{PREFIX}.254",
}
OUTSIDE = ("exchange", "archive")
# An AWS instance requests the credentials of its role at this address.
METADATA = "169.254.169.254"


class Network:
    """The bridge and the hosts' links to it; every namespace's name starts with `name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def make(self) -> None:
        """Create the bridge with the addresses of exchange and archive."""
        run(("ip", "netns", "add", self.name))
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", "bridge", "type", "bridge")
        for outside in OUTSIDE:
            self._ip("address", "add", f"{ADDRESSES[outside]}/24", "dev", "bridge")
        self._ip("address", "add", f"{METADATA}/32", "dev", "bridge")
        self._ip("link", "set", "bridge", "up")

    def attach(self, host: str) -> None:
        """Create a host's namespace and its link to the bridge."""
        inside = self.namespace(host)
        run(("ip", "netns", "add", inside))
        run(("ip", "-n", inside, "link", "set", "lo", "up"))
        self._ip("link", "add", host, "type", "veth", "peer", "name", "host0", "netns", inside)
        self._ip("link", "set", host, "master", "bridge", "up")
        run(("ip", "-n", inside, "address", "add", f"{ADDRESSES[host]}/24", "dev", "host0"))
        # Hosts remember which link an address has. That of a host in the place of a lost one is the same.
        number = int(ADDRESSES[host].rpartition(".")[2])
        run(("ip", "-n", inside, "link", "set", "host0", "address", f"02:00:00:00:00:{number:02x}", "up"))
        run(("ip", "-n", inside, "route", "add", METADATA, "dev", "host0"))

    def detach(self, host: str) -> None:
        """Remove a host's link, so that nothing leaves its namespace any more."""
        self._ip("link", "delete", host)

    def forget(self, host: str) -> None:
        """Remove a detached host's namespace with every connection in it; attach() creates it again."""
        run(("ip", "netns", "delete", self.namespace(host)))

    def namespace(self, host: str = "") -> str:
        """Return the name of a host's namespace, or of the bridge's."""
        return f"{self.name}-{host}" if host else self.name

    def cut(self, host: str) -> None:
        """Disconnect a host."""
        self._ip("link", "set", host, "down")

    def mend(self, host: str) -> None:
        """Connect a host again."""
        self._ip("link", "set", host, "up")

    def command(self, *command: str, host: str = "") -> list[str]:
        """Return the command line for a command in a host's network or on the bridge, with this machine's files."""
        return ["nsenter", f"--net={NAMESPACES / self.namespace(host)}", "--", *command]

    def remove(self) -> None:
        """Remove all existing namespaces with their links and processes."""
        for namespace in (path.name for path in NAMESPACES.glob(f"{self.name}*")):
            for pid in run(("ip", "netns", "pids", namespace)).split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            run(("ip", "netns", "delete", namespace))

    def _ip(self, *arguments: str) -> None:
        run(("ip", "-n", self.name, *arguments))
