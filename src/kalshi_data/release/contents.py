"""Remove from a program's packages everything that it does not need at run time."""

import shutil
from collections.abc import Collection
from pathlib import Path

# The folders that every program needs.
SHARED = ("cli", "database", "service", "sql", "status_page")
# Each program with the folders of this project that it needs.
PACKAGES = {
    "gatherer": ("gatherer", "kalshi", *SHARED),
    "deduplicator": ("deduplicator", "archive", *SHARED),
    "catalog": ("deduplicator", "archive", *SHARED),
}
# The packages that start a program, unless one is named like it.
STARTED_BY = {"catalog": "deduplicator.catalog"}
# Those that every platform needs; the others are made when they are named.
USUAL = ("gatherer", "deduplicator")
# Files about an installation; they name folders of the machine that built it.
INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
# The AWS services that store objects, and those that provide credentials.
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
    # Parts of Arrow that no other part loads: Flight, Gandiva, ORC, other file systems. Substrait is needed, since
    # every other part is linked to it.
    "pyarrow/*_flight.*",
    "pyarrow/*gandiva.*",
    "pyarrow/*_orc.*",
    "pyarrow/_gcsfs.*",
    "pyarrow/_azurefs.*",
    "pyarrow/_hdfs.*",
    # The same library under other names; it is loaded by a name such as .so.2600.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
    # Only the simulator uses it.
    "kalshi_data/sql/verification",
    # For readers of an archive, who have the wheel.
    "kalshi_data/sql/duckdb",
)
# The deduplicator reaches S3 by boto3, and Iceberg by Arrow.
NEEDLESS_BESIDE_ICEBERG = ("pyarrow/libarrow_s3.*", "pyarrow/_s3fs.*")


def trim(site: Path, program: str) -> None:
    """Remove files that the program never loads from a folder of installed packages."""
    for pattern in (*NEEDLESS, *(() if program == "catalog" else NEEDLESS_BESIDE_ICEBERG)):
        for path in list(site.glob(pattern)):
            _remove(path)
    _keep(site / "kalshi_data", PACKAGES[program])
    services = (*SERVICES, "glue") if program == "catalog" else SERVICES
    _keep(site / "botocore" / "data", services)
    _keep(site / "boto3" / "data", services)


def _keep(folder: Path, names: Collection[str]) -> None:
    """Remove every folder except those with these names."""
    for path in list(folder.glob("*/")):
        if path.name not in names:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
