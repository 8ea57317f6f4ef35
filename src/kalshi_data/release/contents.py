"""What a release holds: each program with what it runs, without what installed packages carry beyond that."""

import shutil
from collections.abc import Collection
from pathlib import Path

# What every program runs.
SHARED = ("cli", "database", "service", "sql")
# Each program with the folders of this project that it runs.
PACKAGES = {
    "gatherer": ("gatherer", "kalshi", *SHARED),
    "deduplicator": ("deduplicator", "archive", *SHARED),
}
# What describes an installation, not a package: it names folders of the machine that built it.
INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
# Of Amazon's services those that put objects and those that credentials come from.
SERVICES = ("s3", "sts", "sso", "sso-oidc", "signin")
NEEDLESS = (
    "bin",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.pxi",
    "**/tests",
    "**/__pycache__",
    *(f"*.dist-info/{name}" for name in INSTALLATION),
    "botocore/data/*/*/examples-1.json*",
    "boto3/examples",
    "adbc_driver_manager/**/*.h",
    "adbc_driver_manager/**/*.hpp",
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/_pyarrow_cpp_tests.*",
    # Parts of Arrow that no other part loads: remote calls, compiled expressions, other files, other stores of files.
    # Its query plans (substrait) are needed, since every other part is linked to them.
    "pyarrow/*_flight.*",
    "pyarrow/*gandiva.*",
    "pyarrow/*_orc.*",
    "pyarrow/libarrow_s3.*",
    "pyarrow/_s3fs.*",
    "pyarrow/_gcsfs.*",
    "pyarrow/_azurefs.*",
    "pyarrow/_hdfs.*",
    # The same library under further names; it is looked for as .so.2600 or so.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
    # The simulator compares with it; no host does.
    "kalshi_data/sql/verification",
)


def trim(site: Path, program: str) -> None:
    """Remove from a folder of installed packages what the program never loads."""
    for pattern in NEEDLESS:
        for path in list(site.glob(pattern)):
            _remove(path)
    _keep(site / "kalshi_data", PACKAGES[program])
    _keep(site / "botocore" / "data", SERVICES)
    _keep(site / "boto3" / "data", SERVICES)


def _keep(folder: Path, names: Collection[str]) -> None:
    """Remove every folder but those of these names."""
    for path in list(folder.glob("*/")):
        if path.name not in names:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
