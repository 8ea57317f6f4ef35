"""One host: a real systemd with its own processes, files and network, booted by systemd-nspawn from the image."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.deployment.hosts.nspawn.control_groups import ControlGroups
from tests.deployment.hosts.nspawn.network import ADDRESSES, Network
from tests.support.debian_packages import LOADERS, TRIPLES, run

BOOT_SECONDS_MAX = 300
STOP_SECONDS_MAX = 120
POLL_SECONDS = 0.1
MACHINE = os.uname().machine
LEFT_BY_NSPAWN = Path("/run/systemd/nspawn")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
REBOOT = 133
# A table of its own, which lies before the firewall's.
DROP = (
    "add table inet outage; "
    "add chain inet outage outgoing {{ type filter hook output priority -10; }}; "
    "add chain inet outage incoming {{ type filter hook input priority -10; }}; "
    "add rule inet outage outgoing ip daddr {address} drop; "
    "add rule inet outage incoming ip saddr {address} drop"
)
# nspawn ends with this status if the host reboots.
SUPERVISE = f"""\
for group; do case $group in /sys/fs/cgroup/*) echo $$ > "$group/cgroup.procs" || exit; shift;; *) break;; esac; done
while "$@" < /dev/null; [ $? = {REBOOT} ]; do :; done
"""


class Host:
    """A host in its own folder; remove() leaves nothing."""

    def __init__(self, name: str, folder: Path, image: Path, network: Network) -> None:
        self.name = name
        self.address = ADDRESSES[name]
        self.folder = folder / name
        self.root = self.folder / "root"
        self.console = self.folder / "console.log"
        self.pid_file = self.folder / "pid"
        self._supervisor_file = self.folder / "supervisor"
        self._image = image
        self._network = network
        self._machine = network.namespace(name)
        self._groups = ControlGroups(self._machine)
        self._supervisor: subprocess.Popen[bytes] | None = None

    # Boot and removal.

    def make(self, certificate: bytes, *, database: bool) -> None:
        """Mount a layer over the image, with name, neighbours, the authority's certificate and an empty cluster."""
        layers = {name: self.folder / name for name in ("upper", "work", "root")}
        for layer in layers.values():
            layer.mkdir(parents=True)
        # These files need not survive a crash of this machine, so writes do not wait for its disk.
        options = f"lowerdir={self._image},upperdir={layers['upper']},workdir={layers['work']},volatile"
        run(("mount", "-t", "overlay", "overlay", "-o", options, str(self.root)))
        neighbours = "".join(f"{address} {name} {name}.kalshi.test\n" for name, address in ADDRESSES.items())
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{neighbours}")
        (self.root / "etc/hostname").write_text(f"{self.name}\n")
        (self.root / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
        (self.root / "usr/local/share/ca-certificates/outside.crt").write_bytes(certificate)
        self._in_root("update-ca-certificates")
        if database:
            # Otherwise another server on this machine would give it another port.
            self._in_root("pg_createcluster", "--port=5432", "17", "main")

    def _in_root(self, *command: str) -> None:
        run(("chroot", str(self.root), "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", *command))

    def boot(self) -> None:
        """Start the boot; wait_booted() waits for its end."""
        libraries = self._image / "usr/lib" / TRIPLES[MACHINE]
        # The image's program with the image's loader, because the machine may have neither.
        program = [str(libraries / LOADERS[MACHINE]), "--library-path", f"{libraries}:{libraries / 'systemd'}"]
        program += [str(self._image / "usr/bin/systemd-nspawn"), "--boot", "--register=no", "--keep-unit"]
        program += ["--quiet", "--console=pipe", f"--machine={self._machine}", f"--hostname={self.name}"]
        program += ["--capability=CAP_NET_ADMIN"]  # a host has a firewall
        program += [f"--directory={self.root}", f"--network-namespace-path=/run/netns/{self._machine}"]
        groups = self._groups.make()
        with self.console.open("ab") as console:
            self._supervisor = subprocess.Popen(
                ("sh", "-c", SUPERVISE, "supervise", *groups, *program),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        self._supervisor_file.write_text(str(self._supervisor.pid))

    def wait_booted(self, seconds_max: float = BOOT_SECONDS_MAX) -> None:
        """Wait until systemd has started everything.

        Raises:
            RuntimeError: it has not in this time; the message contains the end of its console.
        """
        deadline = time.monotonic() + seconds_max
        while not self._is_booted():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not boot in {seconds_max} s:\n{self.console.read_text()[-2000:]}")
            time.sleep(POLL_SECONDS)

    def _is_booted(self) -> bool:
        first = self._first_process()
        if first is None:
            return False
        self.pid_file.write_text(str(first))
        done = subprocess.run(self.command("systemctl", "is-system-running"), capture_output=True, check=False)
        return done.stdout.strip() in {b"running", b"degraded"}

    def reboot(self) -> None:
        """Reboot it and wait until it has booted."""
        old = self.pid_file.read_text()
        with contextlib.suppress(RuntimeError):  # the reboot may interrupt the answer
            self.run("systemctl", "reboot")
        deadline = time.monotonic() + BOOT_SECONDS_MAX
        while str(self._first_process() or old) == old:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not go down for a reboot")
            time.sleep(POLL_SECONDS)
        self.wait_booted()

    def lose_power(self) -> None:
        """Kill everything on it at once; no peer receives a packet that ends a connection. boot() starts it again."""
        self._network.detach(self.name)
        self._kill()
        self._network.forget(self.name)
        self._network.attach(self.name)

    def remove(self) -> None:
        """Kill it and remove everything of it; parts may be gone already."""
        self._kill()
        while os.path.ismount(self.root):
            run(("umount", "--lazy", str(self.root)))
        self._groups.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill(self) -> None:
        supervisor = int(self._supervisor_file.read_text()) if self._supervisor_file.exists() else None
        first = self._first_process()
        for pid in (supervisor, first):
            with contextlib.suppress(ProcessLookupError):
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        if self._supervisor is not None:
            self._supervisor.wait(STOP_SECONDS_MAX)
        self._groups.kill_all(STOP_SECONDS_MAX)
        for left in (LEFT_BY_NSPAWN / "locks" / _lock_name(self.root), *LEFT_BY_NSPAWN.glob(f"*/{self._machine}")):
            while os.path.ismount(left):
                run(("umount", "--lazy", str(left)))
            left.unlink(missing_ok=True) if not left.is_dir() else shutil.rmtree(left, ignore_errors=True)

    # Commands and network.

    def command(self, *command: str) -> list[str]:
        """Return the command line that runs a command on the host as root."""
        target = f"--target={self.pid_file.read_text()}"
        return ["nsenter", "--all", target, "--", "env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", *command]

    def run(self, *command: str) -> str:
        """Return the standard output of a command.

        Raises:
            RuntimeError: it failed; the message contains its output.
        """
        done = subprocess.run(self.command(*command), capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            output = f"{done.stdout}\n{done.stderr}".strip()[-2000:]
            raise RuntimeError(f"{self.name}: {' '.join(command)} ended with status {done.returncode}: {output}")
        return done.stdout

    def cut(self) -> None:
        """Disconnect its network."""
        self._network.cut(self.name)

    def mend(self) -> None:
        """Connect its network again."""
        self._network.mend(self.name)

    def drop_packets(self, peer: str) -> None:
        """Lose every packet between this host and a peer, in both directions, without an answer."""
        self.run("nft", DROP.format(address=ADDRESSES[peer]))

    def pass_packets(self) -> None:
        """Undo drop_packets()."""
        self.run("nft", "delete table inet outage")

    # Processes, as this machine sees them.

    def _first_process(self) -> int | None:
        """Return the process number of the host's systemd on this machine, None before it has started."""
        if not self._supervisor_file.exists():
            return None
        nspawn = _children(int(self._supervisor_file.read_text()))
        booted = [child for parent in nspawn for child in _children(parent) if _is_first(child)]
        return booted[0] if booted else None


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _is_first(pid: int) -> bool:
    """Return whether a process is the first one of a namespace and has become systemd."""
    with contextlib.suppress(OSError):
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return status["NSpid"].split()[-1] == "1" and status["Name"].strip() == "systemd"
    return False


def _lock_name(folder: Path) -> str:
    """Return the name of nspawn's lock file for a root folder."""
    with contextlib.suppress(OSError):
        found = folder.stat()
        return f"inode-{found.st_dev}:{found.st_ino}"
    return "none"
