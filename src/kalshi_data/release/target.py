"""For which processor and which Python a release is made."""

import platform
import re
import sys
from typing import NamedTuple

from kalshi_data.errors import KalshiDataError

HOST = "host"
# As uv names them; Debian 13 and Amazon Linux 2023 have a newer C library than 2.28.
PLATFORMS = {"linux-x86_64": "x86_64-manylinux_2_28", "linux-aarch64": "aarch64-manylinux_2_28"}


class ReleaseError(KalshiDataError):
    """A release cannot be made."""


class Target(NamedTuple):
    """A platform by the name uv has for it, None for this machine's own, and a version of Python such as 3.13."""

    platform: str | None
    python: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.platform or f'this {platform.machine()}'} and Python {self.python}"

    def options(self) -> list[str]:
        """Return the options that make uv resolve and install for it."""
        chosen = ["--python-platform", self.platform] if self.platform else []
        return [*chosen, "--python-version", self.python]


def make_target(name: str, python: str | None) -> Target:
    """Return the target of this name and Python, by default the one that runs this.

    Raises:
        ReleaseError: that is no version of Python.
    """
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python is not None and not re.fullmatch(r"3\.\d+", python):
        raise ReleaseError(f"--python {python} is no version of Python: write 3.13 or so")
    return Target(PLATFORMS.get(name), python or own)
