"""What a release holds: each program with what it runs, without what installed packages carry beyond that."""

import shutil
from pathlib import Path

PROGRAMS = ("gatherer", "deduplicator")
PACKAGES = (*PROGRAMS, "simulator", "demo", "release")
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
    # Generated documentation of the services' calls.
    "botocore/data/*/*/examples-1.json*",
    "boto3/examples",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/includes",
    # Parts of Arrow that other parts do not load: remote calls, query plans, expression compilers, other file formats.
    "pyarrow/libarrow_flight.*",
    "pyarrow/libarrow_python_flight.*",
    "pyarrow/_flight.*",
    "pyarrow/libarrow_substrait.*",
    "pyarrow/_substrait.*",
    "pyarrow/libgandiva.*",
    "pyarrow/gandiva.*",
    "pyarrow/_orc.*",
)


def trim(site: Path, program: str) -> None:
    """Remove from a folder of installed packages what the program never loads."""
    others = (f"kalshi_data/{other}" for other in PACKAGES if other != program)
    for pattern in (*NEEDLESS, *others):
        for path in list(site.glob(pattern)):
            _remove(path)
    for services in (site / "botocore" / "data", site / "boto3" / "data"):
        for folder in services.glob("*/"):
            if folder.name not in SERVICES:
                _remove(folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
