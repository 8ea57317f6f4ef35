"""The stand-ins, which replace what cannot be downloaded, are as strict as the originals."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deployment.terraform.stub_provider.refresh import render
from tests.deployment.terraform.terraform_runner import (
    HERE,
    SOURCE,
    VERSION_MIN,
    Terraform,
    copy_source,
    stub,
    terraform_from_pypi,
)

SCHEMA = HERE / "stub_provider" / "schema.json"
HCL = "\n".join(file.read_text() for file in SOURCE.glob("**/*.tf"))


@pytest.fixture
def stubbed(terraform: Terraform, tmp_path: Path) -> Terraform:
    """Return a copy of the configuration with the stub, even if the real provider is available."""
    return stub(Terraform(copy_source(tmp_path), terraform.command, {}), tmp_path)


@pytest.mark.parametrize(("section", "block"), [("resource_schemas", "resource"), ("data_source_schemas", "data")])
def test_the_schema_has_every_used_resource(section: str, block: str) -> None:
    """The stub has the resources of the configuration and no others."""
    assert set(json.loads(SCHEMA.read_text())[section]) == set(re.findall(rf'^{block} "(\w+)"', HCL, re.M))


def test_schema_can_be_refreshed(stubbed: Terraform) -> None:
    """Reducing the stub's own schema gives schema.json again."""
    version = json.loads(SCHEMA.read_text())["version"]
    (stubbed.production / "backend.tf").unlink()
    assert render(version, json.loads(stubbed.require("providers", "schema", "-json"))) == SCHEMA.read_text()


def test_schema_is_of_the_pinned_version_and_small() -> None:
    """The stub checks against the version of the provider that production uses."""
    assert f'version = "{json.loads(SCHEMA.read_text())["version"]}"' in HCL
    assert SCHEMA.stat().st_size < 100_000


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("cidr_block           = var", "cidr_blok            = var", 'An argument named "cidr_blok" is not expected'),
        ("  vpc_id = aws_vpc.this.id\n", "", 'The argument "vpc_id" is required'),
        ('resource "aws_internet_gateway"', 'resource "aws_internet_door"', "does not support resource type"),
    ],
)
def test_the_stub_rejects_what_the_provider_would(stubbed: Terraform, found: str, put: str, message: str) -> None:
    """A misspelt argument, a missing one and an unknown resource each fail validation."""
    file = stubbed.folder / "modules" / "network" / "main.tf"
    file.write_text(file.read_text().replace(found, put))
    done = stubbed.run("validate", "-no-color")
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())


def test_terraform_from_pypi_is_recent(cache: Callable[[str], Path]) -> None:
    """A machine without a terraform program gets one that the configuration accepts."""
    command = terraform_from_pypi(cache("tools"))
    done = subprocess.run([*command, "version", "-json"], capture_output=True, text=True, check=True)
    assert tuple(map(int, json.loads(done.stdout)["terraform_version"].split(".")))[:2] >= VERSION_MIN
