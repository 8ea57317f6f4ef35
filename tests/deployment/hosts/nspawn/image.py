"""The root folder from which all hosts boot: a Debian 13 made from the distribution's own packages.

apt-get downloads them from the archive that this machine uses. The program that builds the folder is also a package, so
this machine installs nothing. Hosts have no route to the archive, so the image contains what a playbook installs.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import debian_packages

PACKAGES = (
    *("apt", "systemd", "systemd-sysv", "systemd-container", "dbus", "iproute2", "nftables", "procps", "sudo"),
    *("openssl", "ca-certificates", "tzdata", "python3", "python3-apt", "python3-psycopg2", "acl", "zstd"),
    *("postgresql-17", "postgresql-17-timescaledb", "pgbackrest"),
    *("prometheus", "prometheus-node-exporter", "prometheus-postgres-exporter"),
)
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
# Host.make creates a cluster per host, so that no two hosts share one. A playbook starts Prometheus.
AFTERWARDS = (
    "pg_dropcluster 17 main; rm --force /etc/machine-id; systemctl mask systemd-timesyncd.service; "
    "systemctl disable prometheus.service prometheus-node-exporter.service prometheus-postgres-exporter.service"
)
BYTECODE = Path(__file__).with_name("sitecustomize.py").read_bytes()
CACHE = Path("/var/cache/kalshi-data")
KEPT = 3


def make_image() -> Path:
    """Return the root folder, built at first use and whenever its packages change, in about half a minute.

    Raises:
        RuntimeError: a package cannot be downloaded or installed.
    """
    description = repr((debian_packages.SUITE, PACKAGES, LEFT_OUT, AFTERWARDS, BYTECODE, debian_packages.archives()))
    root = CACHE / f"hosts-{hashlib.sha256(description.encode()).hexdigest()[:12]}"
    complete = root / "complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "hosts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            sys.stderr.write("making the hosts' image from the distribution's packages (200 MB, once) ...\n")
            shutil.rmtree(root, ignore_errors=True)
            _make(root)
            complete.touch()
        os.utime(root)
        _forget_older()
    return root / "root"


def _make(root: Path) -> None:
    downloads = root / "downloads"
    unpacked = root / "tools"
    options = debian_packages.prepare_downloads(downloads)
    debian_packages.run(("apt-get", *options, "-qq", "download", "mmdebstrap"), downloads / "packages")
    for package in (downloads / "packages").glob("*.deb"):
        debian_packages.run(("dpkg-deb", "--extract", str(package), str(unpacked)))
    command = [
        *(str(unpacked / "usr/bin/mmdebstrap"), "--quiet", "--mode=root", "--variant=essential", "--format=directory"),
        *('--aptopt=Acquire::Retries "3"', '--aptopt=APT::Install-Recommends "false"'),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        *(f"--include={','.join(PACKAGES)}", f'--customize-hook=chroot "$1" sh -ec "{AFTERWARDS}"'),
        *(debian_packages.SUITE, str(root / "root"), (downloads / "sources.list").read_text()),
    ]
    path = f"{unpacked / 'usr/bin'}:{os.environ['PATH']}"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path})
    if done.returncode != 0:
        raise RuntimeError(f"the hosts' image cannot be made: {done.stderr.strip()[-1000:]}")
    shutil.rmtree(downloads)
    (etc,) = (root / "root/etc").glob("python3.*")
    (etc / "sitecustomize.py").write_bytes(BYTECODE)


def _forget_older() -> None:
    """Remove the images that have not been used for the longest time."""
    images = sorted(CACHE.glob("hosts-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for image in images[KEPT:]:
        shutil.rmtree(image, ignore_errors=True)
