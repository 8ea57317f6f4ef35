"""A Python for aarch64 and its emulator, unpacked from the distribution's own packages; nothing is installed."""

import fcntl
import platform
import shutil
import sys
from pathlib import Path

from tests.support.debian_packages import cache_folder, prepare_downloads, run

PYTHON = "3.13"
# What the interpreter and libraries of wheels are linked to.
PACKAGES = (
    *(f"python{PYTHON}-minimal", f"libpython{PYTHON}-minimal", f"libpython{PYTHON}-stdlib"),
    *("libbz2-1.0", "libc6", "libdb5.3t64", "libexpat1", "libffi8", "libgcc-s1", "liblzma5", "libncursesw6"),
    *("libreadline8t64", "libsqlite3-0", "libssl3t64", "libstdc++6", "libtinfo6", "libuuid1", "libzstd1", "zlib1g"),
)
ARCHITECTURE = ("-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64")


def arm_python() -> list[str]:
    """Return the command that runs an aarch64 Python here, downloaded on first use.

    Raises:
        RuntimeError: a package cannot be downloaded or unpacked.
    """
    cache = cache_folder()
    root, emulator = cache / f"python-{PYTHON}-aarch64", cache / f"emulator-{platform.machine()}"
    complete = root / "complete"
    with (cache / "lock-aarch64").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            sys.stderr.write("fetching Python for aarch64 and its emulator for the tests (70 MB, once) ...\n")
            for folder in (root, emulator):
                shutil.rmtree(folder, ignore_errors=True)
            _unpack(root, emulator)
            complete.touch()
    # An aarch64 machine emulates it, too: one way is enough to keep working.
    return [str(emulator / "usr/bin/qemu-aarch64"), "-L", str(root), str(root / f"usr/bin/python{PYTHON}")]


def _unpack(root: Path, emulator: Path) -> None:
    downloads = root / "downloads"
    options = prepare_downloads(downloads)
    _fetch(options, ("qemu-user",), downloads / "emulator", emulator)
    options += ARCHITECTURE
    run(("apt-get", *options, "-qq", "update"))
    _fetch(options, PACKAGES, downloads / "packages", root)
    shutil.rmtree(downloads)
    (root / "lib").symlink_to("usr/lib")


def _fetch(options: list[str], packages: tuple[str, ...], downloads: Path, root: Path) -> None:
    downloads.mkdir(exist_ok=True)
    run(("apt-get", *options, "-qq", "download", *packages), downloads)
    for package in sorted(downloads.glob("*.deb")):
        run(("dpkg-deb", "--extract", str(package), str(root)))
