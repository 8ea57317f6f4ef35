"""The platform and the version of Python that a release is for."""

import platform
import re
import sys
from typing import NamedTuple

from kalshi_data.errors import KalshiDataError

HOST = "host"
# The values are uv's names; Debian 13 and Amazon Linux 2023 have a newer C library than 2.28.
PLATFORMS = {"linux-x86_64": "x86_64-manylinux_2_28", "linux-aarch64": "aarch64-manylinux_2_28"}


class ReleaseError(KalshiDataError):
    """A release cannot be built."""


class Target(NamedTuple):
    """A platform by uv's name, None for this machine, and a version of Python such as 3.13."""

    platform: str | None
    python: str

    def __str__(self) -> str:
        """Return the target as text."""
        return f"{self.platform or f'this {platform.machine()}'} and Python {self.python}"

    def options(self) -> list[str]:
        """Return the options with which uv resolves and installs for this target."""
        chosen = ["--python-platform", self.platform] if self.platform else []
        return [*chosen, "--python-version", self.python]


def make_target(name: str, python: str | None) -> Target:
    """Return the target of this name and Python; by default the running Python.

    Raises:
        ReleaseError: if `python` is not a version.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python is not None and not re.fullmatch(r"3\.\d+", python):
        raise ReleaseError(f"--python {python} is not a version of Python: write it like 3.13")
    return Target(PLATFORMS.get(name), python or own)
