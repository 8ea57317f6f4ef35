"""Hosts for trying things by hand, as root on Debian.

usage: python -m tests.deployment.hosts COMMAND [ARGUMENT ...]

  up                       boot all hosts, removing what was up before
  down                     end and remove them
  run HOST COMMAND ...     run a command on a host as root
  shell HOST               the same, interactively
  inventory                print the path of their Ansible inventory
  play PLAYBOOK [...]      run a playbook of ansible/ on them

Examples:
  python -m tests.deployment.hosts up
  python -m tests.deployment.hosts play site.yml --check --diff
  python -m tests.deployment.hosts run gatherer-1 systemctl status
"""

import subprocess
import sys
from collections.abc import Sequence

from tests.deployment.hosts.ansible import Ansible
from tests.deployment.hosts.fleet import Fleet, require_root


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    command, *rest = arguments or ["--help"]
    if command not in ("up", "down", "run", "shell", "inventory", "play"):
        sys.stdout.write(__doc__ or "")
        return 0 if command in ("-h", "--help") else 2
    require_root()
    fleet = Fleet("by hand")
    ansible = Ansible(fleet)
    if command in ("up", "down"):
        fleet.up() if command == "up" else fleet.remove()
    elif command in ("run", "shell"):
        host, *rest = rest or ["gatherer-1"]
        return subprocess.run(fleet.hosts[host].command(*(rest or ["bash"])), check=False).returncode
    elif command == "play":
        return subprocess.run(
            ansible.command(*rest), env=ansible.environment, cwd=ansible.folder, check=False
        ).returncode
    if command in ("up", "inventory"):
        sys.stdout.write(f"{ansible.write_inventory()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
