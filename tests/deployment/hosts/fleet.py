"""All hosts of a platform on one machine: three gatherers, the deduplicator and the production database."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from tests.deployment.hosts.nspawn.host import Host
from tests.deployment.hosts.nspawn.image import make_image
from tests.deployment.hosts.nspawn.network import Network
from tests.deployment.hosts.services import cloudwatch_agent
from tests.deployment.hosts.services.certificates import Certificates
from tests.support import debian_packages

ROOT = Path(__file__).parents[3]
GATHERERS = ("gatherer-1", "gatherer-2", "gatherer-3")
# Two processes share its order books.
SHARDED = GATHERERS[2]
PRODUCTION = "production-1"
DEDUPLICATOR = "deduplicator-1"
DATABASES = (PRODUCTION, *GATHERERS)
HOSTS = (*DATABASES, DEDUPLICATOR)
FLEETS = Path("/var/tmp/kalshi-hosts")


class Fleet:
    """The hosts, their network and the external certificates, in a folder named by checkout and purpose."""

    def __init__(self, purpose: str) -> None:
        name = f"kd-{sha256(f'{ROOT} {purpose}'.encode()).hexdigest()[:6]}"
        self.folder = FLEETS / name
        self.network = Network(name)
        self.certificates = Certificates(self.folder / "certificates")
        image = make_image()
        self.hosts = {host: Host(host, self.folder, image, self.network) for host in HOSTS}

    def up(self) -> None:
        """Remove the remains of an earlier fleet of this name, then boot all hosts."""
        self.remove()
        self.folder.mkdir(parents=True)
        self.certificates.make()
        self.network.make()
        each(self._make, self.hosts.values())
        for host in self.hosts.values():
            self._boot(host)
        each(Host.wait_booted, self.hosts.values())

    def lose(self, name: str) -> None:
        """Remove a host with its disk; no peer receives a packet that ends a connection."""
        self.network.detach(name)
        self.hosts[name].remove()
        self.network.forget(name)

    def replace(self, name: str) -> None:
        """Boot a bare host with the name and the address of a lost one."""
        host = self.hosts[name]
        self._make(host)
        self._boot(host)
        host.wait_booted()

    def _make(self, host: Host) -> None:
        host.make(self.certificates.authority, database=host.name in DATABASES)
        cloudwatch_agent.install(host.root)

    def _boot(self, host: Host) -> None:
        self.network.attach(host.name)
        host.boot()

    def remove(self) -> None:
        """Stop and remove everything, even if only parts of it exist."""
        each(Host.remove, self.hosts.values())
        self.network.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


def each(action: Callable[[Host], object], hosts: Iterable[Host]) -> None:
    """Run an action on several hosts at once, and raise the first error when all have ended."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(action, hosts))


def missing_requirement() -> str:
    """Return what this machine lacks to run hosts, or an empty string."""
    if sys.platform != "linux" or not debian_packages.can_fetch():
        return "the hosts consist of Debian's packages: run this on Debian"
    if os.geteuid() != 0:
        return "booting hosts needs root: sudo python3 build.py deployment-test"
    return ""
