"""Formats the files of terraform/ with the same program as the checks.

usage: .venv/bin/python -m tests.deployment.terraform.format
"""

import subprocess
import sys

from tests.deployment.terraform.terraform_runner import ROOT, SOURCE, find_command


def main() -> int:
    """Run `terraform fmt` and return its exit status."""
    tools = ROOT / ".pytest_cache" / "d" / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    return subprocess.run([*find_command(tools), "fmt", "-recursive", str(SOURCE)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
