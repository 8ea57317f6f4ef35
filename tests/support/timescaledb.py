"""PostgreSQL with TimescaleDB for the tests, unpacked from the distribution's own packages."""

import shutil
from pathlib import Path

from tests.support.debian_packages import SUITE, fetch, relink, unpack_packages

POSTGRES = "17"
PACKAGES = (
    *(f"postgresql-{POSTGRES}", f"postgresql-client-{POSTGRES}", f"postgresql-{POSTGRES}-timescaledb", "patchelf"),
    *("libaudit1", "libc6", "libcap-ng0", "libcap2", "libcom-err2", "libgcc-s1", "libgssapi-krb5-2", "libicu76"),
    *("libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0", "libldap2", "liblz4-1", "liblzma5", "libpam0g"),
    *("libpcre2-8-0", "libpq5", "libreadline8t64", "libsasl2-2", "libselinux1", "libssl3t64", "libstdc++6"),
    *("libsystemd0", "libtinfo6", "libxml2", "libxxhash0", "libzstd1", "zlib1g"),
)


def fetch_binaries() -> Path:
    """Return the bin folder of PostgreSQL with TimescaleDB, downloaded on first use.

    Raises:
        RuntimeError: a package cannot be downloaded or unpacked.
    """
    return _bin(fetch(f"timescaledb-{SUITE}-{POSTGRES}", "PostgreSQL with TimescaleDB (100 MB)", _unpack))


def _bin(root: Path) -> Path:
    return root / "usr/lib/postgresql" / POSTGRES / "bin"


def _unpack(root: Path) -> None:
    unpack_packages(root, lambda _: PACKAGES)
    relink(root, _bin(root).iterdir())
    shutil.rmtree(_bin(root).parent / "lib/bitcode", ignore_errors=True)
