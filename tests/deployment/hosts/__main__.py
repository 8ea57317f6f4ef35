"""The hosts of a platform for manual trials, as root on Debian; Ctrl-C stops and removes them.

usage: python -m tests.deployment.hosts COMMAND [ARGUMENT ...]

  up [RELEASES]            boot bare hosts and start the exchange; RELEASES contains a folder for each version
  play PLAYBOOK [...]      run a playbook of ansible/ on them
  run HOST COMMAND ...     run a command on a host as root
  down                     remove the remains of an interrupted `up`

Examples:
  python -m tests.deployment.hosts up /var/tmp/releases
  python -m tests.deployment.hosts play site.yml -e version=1.0.0 --check --diff
  python -m tests.deployment.hosts run gatherer-1 systemctl status
"""

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.deployment.hosts.fleet import ROOT, missing_requirement
from tests.deployment.hosts.platform import Platform
from tests.deployment.hosts.releases import make_releases


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    command, *rest = arguments or ["--help"]
    if command not in ("up", "down", "run", "play"):
        sys.stdout.write(__doc__ or "")
        return 0 if command in ("-h", "--help") else 2
    if missing := missing_requirement():
        sys.exit(missing)
    platform = Platform("by hand")
    if command == "down":
        platform.close()
    elif command == "up":
        _up(platform, Path(*rest) if rest else None)
    elif command == "play":
        ansible = platform.ansible
        return subprocess.run(
            ansible.command(*rest), env=ansible.environment, cwd=ansible.folder, check=False
        ).returncode
    else:
        return subprocess.run(platform.hosts[rest[0]].command(*rest[1:]), check=False).returncode
    return 0


def _up(platform: Platform, releases: Path | None) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as made:
        if releases is None:
            make_releases(ROOT, Path(made))()
        try:
            platform.up((releases or Path(made)).resolve())
            sys.stdout.write(f"hosts are up, inventory {platform.ansible.inventory}; Ctrl-C stops them\n")
            sys.stdout.flush()
            signal.pause()
        finally:
            platform.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
