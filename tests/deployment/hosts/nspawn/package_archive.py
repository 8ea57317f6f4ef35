"""An archive in a folder, with newer packages of PostgreSQL and TimescaleDB than the hosts' image has.

Hosts have no route to Debian's archive, so the packages are made from the files of the image. Their PostgreSQL is the
image's. Their TimescaleDB calls itself by a later version, from the name of its library to the script that updates the
extension, so a database refuses it as it refuses any other one.
"""

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.debian_packages import run
from tests.support.timescaledb import POSTGRES

SUFFIX = "+rehearsal1"
SERVER, TIMESCALEDB = f"postgresql-{POSTGRES}", f"postgresql-{POSTGRES}-timescaledb"
OFFERED = "opt/rehearsal"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "templates")
NOT_IN_A_PACKAGE = re.compile(r"^(?:Status|Conffiles): .*\n(?: .*\n)*", re.MULTILINE)


class PackageArchive:
    """The packages, made by make(), and the version of TimescaleDB that they have."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image = image
        self._folder = folder
        control = image / f"usr/share/postgresql/{POSTGRES}/extension/timescaledb.control"
        self.installed = re.findall(r"default_version = '(.+)'", control.read_text())[0]
        # As long as the other one: it replaces that in the library's file.
        self.newer = self.installed[:-1] + ("8" if self.installed.endswith("9") else "9")

    def make(self) -> None:
        """Write the packages and their list."""
        self._repack(SERVER, {})
        self._repack(TIMESCALEDB, {self.installed: self.newer})
        packages = "\n".join(_entry(package) for package in sorted(self._folder.glob("*.deb")))
        (self._folder / "Packages").write_text(packages)

    def offer(self, root: Path) -> None:
        """Let a host with this root folder install from the archive, and from no other one."""
        shutil.copytree(self._folder, root / OFFERED)
        (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:/{OFFERED} ./\n")

    def _repack(self, package: str, changes: Mapping[str, str]) -> None:
        tree = self._folder / package
        for path in (self._image / f"var/lib/dpkg/info/{package}.list").read_text().splitlines():
            original = self._image / path.lstrip("/")
            if original.is_file() and not original.is_symlink():
                _copy(original, tree / _changed(path.lstrip("/").encode(), changes).decode(), changes)
        if package == TIMESCALEDB:
            self._add_update(tree)
        self._describe(package, tree / "DEBIAN")
        run(("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(tree), str(self._folder)))
        shutil.rmtree(tree)

    def _add_update(self, tree: Path) -> None:
        """Add the script that updates the extension from the image's version: the one from the version before it."""
        (extension,) = tree.glob("usr/share/postgresql/*/extension")
        before = self.installed
        *_, last = sorted(extension.glob(f"timescaledb--*--{self.newer}.sql"), key=_numbers)
        text = last.read_text().replace(last.name.split("--")[1], before)
        (extension / f"timescaledb--{before}--{self.newer}.sql").write_text(text)

    def _describe(self, package: str, folder: Path) -> None:
        folder.mkdir()
        status = (self._image / "var/lib/dpkg/status").read_text()
        entry = next(each for each in status.split("\n\n") if each.startswith(f"Package: {package}\n")) + "\n"
        entry = re.sub(r"^(Version: .+)$", rf"\1{SUFFIX}", NOT_IN_A_PACKAGE.sub("", entry), flags=re.MULTILINE)
        (folder / "control").write_text(entry)
        for script in SCRIPTS:
            path = self._image / f"var/lib/dpkg/info/{package}.{script}"
            if path.exists():
                shutil.copy2(path, folder / script)


def _copy(original: Path, copy: Path, changes: Mapping[str, str]) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(_changed(original.read_bytes(), changes))
    shutil.copymode(original, copy)


def _changed(content: bytes, changes: Mapping[str, str]) -> bytes:
    for old, new in changes.items():
        content = content.replace(old.encode(), new.encode())
    return content


def _numbers(script: Path) -> list[int]:
    """Return the version from which a script updates, as numbers."""
    return [int(number) for number in script.name.split("--")[1].split(".")]


def _entry(package: Path) -> str:
    """Return what the list of packages says about a package."""
    control = run(("dpkg-deb", "--field", str(package)))
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    return f"{control}Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
