"""Programs for the tests, unpacked from the distribution's own packages.

Nothing is installed and no root is needed: packages are downloaded by apt-get from the archive that this machine uses
already, unpacked into a cache folder, and made to find their libraries there.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TRIPLES = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}
LOADERS = {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}
UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var")


def can_fetch() -> bool:
    """Return whether this platform has the packages: Debian on a processor they are built for."""
    tools = all(shutil.which(tool) for tool in ("apt-get", "dpkg-deb"))
    known = sys.platform == "linux" and platform.machine() in TRIPLES
    return known and tools and KEYRING.is_file() and any("/debian" in archive for archive in archives())


def fetch(name: str, what: str, unpack: Callable[[Path], None]) -> Path:
    """Return the folder `name` of the cache, which `unpack` fills on first use; `what` describes it to people.

    Raises:
        RuntimeError: a package cannot be downloaded or unpacked.
    """
    cache = cache_folder()
    root = cache / f"{name}-{platform.machine()}"
    complete = root / "complete"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            sys.stderr.write(f"fetching {what} for the tests, once ...\n")
            shutil.rmtree(root, ignore_errors=True)
            unpack(root)
            complete.touch()
    return root


def cache_folder() -> Path:
    """Return where downloads are kept; a server that root starts runs as another user, who must be able to read it."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path("/var/cache/kalshi-data") if os.geteuid() == 0 else home / "kalshi-data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def archives() -> list[str]:
    """Return the addresses of the package archives that this machine's apt uses."""
    command = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    return sorted(set(run(command).split()))


def unpack_packages(root: Path, packages: Callable[[list[str]], Sequence[str]]) -> None:
    """Unpack packages below a folder; `packages` names them, and gets the options that let apt-get look for them."""
    downloads = root / "downloads"
    options = prepare_downloads(downloads)
    run(("apt-get", *options, "-qq", "download", *packages(options)), downloads / "packages")
    for package in sorted((downloads / "packages").glob("*.deb")):
        run(("dpkg-deb", "--extract", str(package), str(root)))
        package.unlink()
    for unused in (downloads, *(root / name for name in UNUSED)):
        shutil.rmtree(unused, ignore_errors=True)


def prepare_downloads(downloads: Path) -> list[str]:
    """Make a folder of apt-get's own with the suite's lists, and return the options that let apt-get use it."""
    for folder in ("lists/partial", "cache/archives/partial", "packages"):
        (downloads / folder).mkdir(parents=True)
    options = _apt_options(downloads)
    run(("apt-get", *options, "-qq", "update"))
    return options


def _apt_options(downloads: Path) -> list[str]:
    """Return options that keep apt-get away from the machine's own state."""
    debian = [archive for archive in archives() if archive.rstrip("/").endswith(("/debian", "/debian-security"))]
    suites = {archive: f"{SUITE}-security" if "security" in archive else SUITE for archive in debian}
    lines = [f"deb [signed-by={KEYRING}] {archive} {suite} main\n" for archive, suite in suites.items()]
    (downloads / "sources.list").write_text("".join(lines))
    (downloads / "status").touch()
    values = {
        "Dir::Etc::sourcelist": downloads / "sources.list",
        "Dir::Etc::sourceparts": "/nonexistent",
        "Dir::State::lists": downloads / "lists",
        "Dir::State::status": downloads / "status",
        "Dir::Cache": downloads / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Debug::NoLocking": "1",
    }
    return [part for name, value in values.items() for part in ("-o", f"{name}={value}")]


def relink(root: Path, programs: Iterable[Path]) -> None:
    """Make programs use the unpacked loader and libraries, whichever the machine has; patchelf is unpacked, too."""
    machine = platform.machine()
    libraries = root / "usr/lib" / TRIPLES[machine]
    loader = next(path for path in (libraries / LOADERS[machine], root / "lib64" / LOADERS[machine]) if path.exists())
    patchelf = (str(loader), "--library-path", str(libraries), str(root / "usr/bin/patchelf"))
    change = ("--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(libraries))
    for program in programs:
        if not program.is_symlink() and program.read_bytes()[:4] == b"\x7fELF":
            run((*patchelf, *change, str(program)))


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Return what a program says on standard output.

    Raises:
        RuntimeError: it failed, with what it said of it.
    """
    done = subprocess.run(command, capture_output=True, check=False, cwd=folder, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
