"""The applied production equals the deployment brief: machines, disks, zones and permissions."""

import json
import re
from typing import Any

import pytest

from kalshi_data.deduplicator.settings import MergingSettings
from tests.deployment.production_memory import memory_mb_max
from tests.deployment.terraform.mocked_tests import Json, Outcome, resources, values

BACKUPS = "arn:aws:s3:::kalshi-data-backups-123456789012"
ENGINES = ["rds", "timescaledb"]


@pytest.fixture(params=ENGINES)
def database_engine(request: pytest.FixtureRequest) -> str:
    """Return each engine in turn."""
    return request.param


@pytest.fixture
def state(outcome: Outcome, database_engine: str) -> Json:
    """Return the applied production with that engine."""
    return outcome.states[f"production.tftest.hcl/{database_engine}"]


def machine(kind: str, disk_gb: int, zones: list[str]) -> Json:
    """Return a row of the brief's instance summary."""
    return {"type": kind, "disk_gb": disk_gb, "zones": sorted(zones)}


def hosts(state: Json) -> dict[str, Json]:
    """Return the instance summary of a state: type, disk and zones by program."""
    zones = {subnet["id"]: subnet["availability_zone"] for subnet in values(state, "aws_subnet")}
    found: dict[str, Json] = {}
    for host in values(state, "aws_instance"):
        row = found.setdefault(host["tags"]["Program"], machine(host["instance_type"], disk_gb(host), []))
        row["zones"] = sorted([*row["zones"], zones[host["subnet_id"]]])
    return found


def disk_gb(host: Json) -> int:
    """Return the size of a host's only disk."""
    (disk,) = host["root_block_device"]
    return disk["volume_size"]


def databases(state: Json) -> list[Json]:
    """Return the instance summary of RDS."""
    return [
        machine(each["instance_class"], each["allocated_storage"], [each["availability_zone"]])
        for each in values(state, "aws_db_instance")
    ]


def policies(state: Json, program: str) -> dict[str, list[Json]]:
    """Return the statements of a program's role, by policy name."""
    found = [each for each in values(state, "aws_iam_role_policy") if each["role"].endswith(f"production-{program}")]
    return {each["name"]: json.loads(each["policy"])["Statement"] for each in found}


def test_machines_are_the_briefs(state: Json, database_engine: str, brief: dict[str, Any]) -> None:
    """Types, disks, counts and zones are those of the instance summary."""
    production = brief["production"][database_engine]
    own_host = {} if database_engine == "rds" else {"production": production}
    assert hosts(state) == brief["instances"] | own_host
    assert databases(state) == ([production] if database_engine == "rds" else [])


def test_hosts_take_no_keys_and_only_imdsv2(state: Json) -> None:
    """There are no key pairs, metadata requires a token, disks are encrypted gp3."""
    assert not list(resources(state, "aws_key_pair"))
    for host in values(state, "aws_instance"):
        assert host["metadata_options"][0]["http_tokens"] == "required"
        assert host["root_block_device"][0]["encrypted"] is True
        assert host["root_block_device"][0]["volume_type"] == "gp3"


def test_private_hosts_have_no_route_to_the_internet(state: Json) -> None:
    """The deduplicator and RDS are in subnets without a route to the internet and have no public address."""
    routed = {route["route_table_id"] for route in values(state, "aws_route")}
    tables = {each["subnet_id"]: each["route_table_id"] for each in values(state, "aws_route_table_association")}
    private = [each for each in values(state, "aws_instance") if each["tags"]["Program"] == "deduplicator"]
    subnets = {host["subnet_id"] for host in private}
    for group in values(state, "aws_db_subnet_group"):
        subnets.update(group["subnet_ids"])
    assert not any(host["associate_public_ip_address"] for host in private)
    assert not any(tables[subnet] in routed for subnet in subnets)


def test_no_host_reads_a_secret(state: Json) -> None:
    """No role may read a parameter or another secret, and a role decrypts objects of S3 only."""
    statements = [
        each for role in values(state, "aws_iam_role_policy") for each in json.loads(role["policy"])["Statement"]
    ]
    for each in statements:
        actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
        assert not [name for name in actions if re.match(r"ssm:GetParam|secretsmanager:|.*\*", name)], each
        if any(name.startswith("kms:") for name in actions):
            assert each["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    assert len(statements) >= 2


def test_only_the_deduplicator_writes_the_archive(state: Json, database_engine: str) -> None:
    """It writes one prefix of one bucket and deletes nothing; a server of our own has a bucket for its backups."""
    assert set(policies(state, "gatherer")) == {"management"}
    if database_engine == "timescaledb":
        assert set(policies(state, "production")) == {"management", "backups"}
        kept, listed, _ = policies(state, "production")["backups"]
        assert (kept["Resource"], listed["Resource"]) == (f"{BACKUPS}/*", BACKUPS)
    assert set(policies(state, "deduplicator")) == {"management", "archive"}
    write = policies(state, "deduplicator")["archive"][0]
    assert write["Resource"] == "arn:aws:s3:::kalshi-data-archive-123456789012/parquet/*"
    assert set(write["Action"]) == {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}


def test_readers_and_the_catalogue_get_what_the_variables_switch_on(outcome: Outcome, state: Json) -> None:
    """By default the bucket's policy lets in no reader; a catalogue adds one policy to one role."""
    assert "Readers" not in json.dumps([each["policy"] for each in values(state, "aws_s3_bucket_policy")])
    chosen = outcome.states["production.tftest.hcl/read_by_others"]
    assert set(policies(chosen, "deduplicator")) == {"management", "archive", "catalog"}
    assert set(policies(chosen, "gatherer")) == {"management"}
    found = [each["policy"] for each in values(chosen, "aws_s3_bucket_policy") if "role/research" in each["policy"]]
    (statements,) = (json.loads(each)["Statement"] for each in found)
    assert [each["Resource"] for each in statements if each["Effect"] == "Allow"] == [
        ["arn:aws:s3:::kalshi-data-archive-123456789012/parquet/*"],
        ["arn:aws:s3:::kalshi-data-archive-123456789012"],
    ]


def test_every_object_of_the_archive_stays_readable(state: Json) -> None:
    """No rule moves objects to a class that must be restored, and a replaced object outlives the latest late row."""
    rules = [rule for each in values(state, "aws_s3_bucket_lifecycle_configuration") for rule in each["rule"]]
    moves = [
        move
        for rule in rules
        for kind in ("transition", "noncurrent_version_transition")
        for move in rule.get(kind) or ()
    ]
    assert {move["storage_class"] for move in moves} <= {"STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR"}
    kept = [each["noncurrent_version_expiration"][0]["noncurrent_days"] for each in rules if not each["expiration"]]
    assert len([days for days in kept if days > MergingSettings().late_days_max]) == 1
    # A tiering configuration could add tiers that must be restored.
    assert not list(resources(state, "aws_s3_bucket_intelligent_tiering_configuration"))


def test_roles_hold_nothing_else(state: Json) -> None:
    """No managed policy is attached to a program's role: AWS's policy for SSM would let it read every secret."""
    attached = {each["policy_arn"].rpartition("/")[2] for each in values(state, "aws_iam_role_policy_attachment")}
    assert attached <= {"AmazonRDSEnhancedMonitoringRole", "AWSDataLifecycleManagerServiceRole"}


def test_everything_has_alarms(state: Json, database_engine: str) -> None:
    """Each host has alarms for status, hanging, CPU and disk, each program for its health, RDS for four values."""
    names = {
        each["alarm_name"].removeprefix("kalshi-data-production-")
        for each in values(state, "aws_cloudwatch_metric_alarm")
    }
    watched = {
        f"{host['tags']['Name']}-{kind}"
        for host in values(state, "aws_instance")
        for kind in ("status", "hung", "cpu", "disk")
    }
    watched |= {
        f"{host['tags']['Name']}-{kind}"
        for host in values(state, "aws_instance")
        if host["tags"]["Program"] in ("gatherer", "deduplicator")
        for kind in ("health", "degraded")
    }
    if database_engine == "rds":
        watched |= {"rds-storage", "rds-cpu", "rds-connections", "rds-transactions"}
    assert names == watched


def test_no_secret_is_in_the_state(state: Json) -> None:
    """Operators set the values of parameters; Terraform stores their names only."""
    parameters = values(state, "aws_ssm_parameter")
    assert parameters
    assert all(each["type"] == "SecureString" and each["value_wo"] in (None, "unset") for each in parameters)


def test_the_databases_sessions_fit_into_its_memory(outcome: Outcome) -> None:
    """A db.t4g.large has 8 GB; RDS takes a quarter for shared buffers, and a sort may take 4 MB by default."""
    (group,) = values(outcome.states["production.tftest.hcl/rds"], "aws_db_parameter_group")
    found = {each["name"]: each["value"] for each in group["parameter"]}
    needed = memory_mb_max(
        shared=2048,
        sessions=int(found["max_connections"]),
        work=4,
        autovacuum=3 * int(found["autovacuum_work_mem"]) // 1024,
        maintenance=int(found["maintenance_work_mem"]) // 1024,
    )
    assert needed <= 8192
    # These parameters are static, and RDS refuses to apply a static parameter at once.
    methods = {each["name"]: each["apply_method"] for each in group["parameter"]}
    assert {methods.pop(name) for name in ("max_connections", "max_locks_per_transaction")} == {"pending-reboot"}
    assert set(methods.values()) <= {None, "immediate"}
