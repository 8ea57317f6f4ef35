"""Terraform's outputs work in Ansible: the real aws_ec2 plugin finds the hosts, with the variables beside it.

The instances are those of the mocked apply, started in a local imitation of EC2. Plugin, inventory file and variables
file are real.
"""

# boto3 builds its clients at run time and carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.deployment.terraform.mocked_tests import Json, Outcome, values
from tests.deployment.terraform.terraform_runner import ROOT
from tests.support.waiting import SECONDS_MAX

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Serve EC2's protocol on a free local port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def start_host(client: Any, tags: dict[str, str], zone: str) -> None:
    """Start one instance with the tags that Terraform gave it."""
    client.run_instances(
        ImageId="ami-00000000",
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": zone},
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        ],
    )


def start_hosts(endpoint: str, state: Json) -> None:
    """Start the hosts of a state, and two that the inventory must not find."""
    client: Any = boto3.client(
        "ec2", region_name=REGION, endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
    zones = {subnet["id"]: subnet["availability_zone"] for subnet in values(state, "aws_subnet")}
    for host in values(state, "aws_instance"):
        start_host(client, host["tags"], zones[host["subnet_id"]])
    for project, environment in (("other", "production"), ("kalshi-data", "staging")):
        tags = {"Name": "stranger", "Program": "gatherer", "Project": project, "Environment": environment}
        start_host(client, tags, f"{REGION}a")


def render(folder: Path, state: Json) -> Path:
    """Write the two outputs as the README describes; return the inventory."""
    inventory = folder / "production" / "aws_ec2.yml"
    variables = inventory.parent / "group_vars" / "all" / "terraform.yml"
    variables.parent.mkdir(parents=True)
    inventory.write_text(state["outputs"]["ansible_inventory"]["value"])
    variables.write_text(state["outputs"]["ansible_variables"]["value"])
    return inventory


def unwrap(value: Json) -> Any:
    """Return the text that ansible-inventory wraps because it is from an untrusted source."""
    return value.get("__ansible_unsafe", value)


@pytest.fixture(scope="module")
def listing(
    endpoint: str, outcome: Outcome, tool: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Json:
    """Return ansible-inventory's list of production on RDS."""
    state, home = outcome.states["production.tftest.hcl/rds"], tmp_path_factory.mktemp("ansible")
    start_hosts(endpoint, state)
    settings = home / "ansible.cfg"
    settings.touch()
    isolated = {"HOME": str(home), "ANSIBLE_CONFIG": str(settings), "AWS_ENDPOINT_URL": endpoint}
    command = [str(tool("ansible") / "ansible-inventory"), "--list", "--inventory", str(render(home, state))]
    environment = os.environ | CREDENTIALS | isolated
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=unwrap)


def test_groups_are_the_programs(listing: Json) -> None:
    """Each program is a group of its hosts by name, and no other hosts are listed."""
    assert sorted(listing["gatherer"]["hosts"]) == ["gatherer-1", "gatherer-2", "gatherer-3"]
    assert listing["deduplicator"]["hosts"] == ["deduplicator-1"]
    assert set(listing["_meta"]["hostvars"]) == {"deduplicator-1", "gatherer-1", "gatherer-2", "gatherer-3"}


def test_hosts_are_reached_by_instance_id_through_ssm(listing: Json) -> None:
    """SSM identifies hosts by instance id; files pass through the transfer bucket."""
    for host in listing["_meta"]["hostvars"].values():
        assert host["ansible_connection"] == "amazon.aws.aws_ssm"
        assert host["ansible_host"] == host["instance_id"]
        assert host["ansible_aws_ssm_bucket_name"] == "kalshi-data-transfer-123456789012"


def test_hosts_know_their_address_and_zone(listing: Json) -> None:
    """The deduplicator needs the addresses, and metrics the zones."""
    hostvars = listing["_meta"]["hostvars"]
    zones = {hostvars[f"gatherer-{number}"]["kalshi_availability_zone"] for number in (1, 2, 3)}
    assert zones == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert all(host["kalshi_address"].startswith("10.") for host in hostvars.values())


def test_variables_contain_what_programs_need(listing: Json) -> None:
    """Terraform provides production, archive, gatherers and the names of secrets."""
    host = listing["_meta"]["hostvars"]["deduplicator-1"]
    assert host["kalshi_production"]["engine"] == "rds"
    # The project's own files create this database.
    assert (ROOT / "sql" / "databases" / f"{host['kalshi_production']['database']}.sql").is_file()
    assert host["kalshi_archive"] == {"bucket": "kalshi-data-archive-123456789012", "prefix": "parquet/"}
    assert sorted(host["kalshi_gatherers"]) == ["gatherer-1", "gatherer-2", "gatherer-3"]
    folder = "/kalshi-data/production"
    keys = [
        f"{name}/{secret}" for name in host["kalshi_gatherers"] for secret in ("kalshi_key_id", "kalshi_private_key")
    ]
    shared = ["sync_password", "production_password", "owner_password"]
    assert host["kalshi_parameter_names"] == {name: f"{folder}/{name}" for name in (*keys, *shared)}


def test_the_production_host_is_in_the_variables(outcome: Outcome) -> None:
    """With TimescaleDB, production's address is that of its host."""
    state = outcome.states["production.tftest.hcl/timescaledb"]
    variables = yaml.safe_load(state["outputs"]["ansible_variables"]["value"])
    (host,) = (each for each in values(state, "aws_instance") if each["tags"]["Program"] == "production")
    assert variables["kalshi_production"]["address"] == host["private_ip"]
