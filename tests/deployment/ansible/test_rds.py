"""Production on RDS is restored under its name, with the settings of the old instance, which stays under another name.

moto imitates RDS: it changes everything at once, and knows no performance insights.
"""

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from moto.rds.models import rds_backends  # pyright: ignore[reportMissingTypeStubs]

from tests.deployment.ansible.conftest import Run
from tests.support.s3 import MAKE, Moto

PLAY = Path(__file__).with_name("restore_instance.yml")
REGION, NAME, RESTORED = "us-east-1", "kalshi-data-production", "kalshi-data-production-restored"
CREDENTIALS = {"aws_access_key_id": "any", "aws_secret_access_key": "anything"}
MONITORING = "arn:aws:iam::123456789012:role/monitoring"
# As Terraform creates it, without keys and groups.
SETTINGS: dict[str, Any] = {
    "DBInstanceClass": "db.t4g.large",
    "Engine": "postgres",
    "DBName": "kalshi",
    "AllocatedStorage": 500,
    "MaxAllocatedStorage": 1000,
    "StorageType": "gp3",
    "StorageEncrypted": True,
    "MasterUsername": "kalshi_admin",
    "ManageMasterUserPassword": True,
    "EnableIAMDatabaseAuthentication": True,
    "AvailabilityZone": "us-east-1b",
    "DBSubnetGroupName": NAME,
    "DBParameterGroupName": f"{NAME}-postgres17",
    "PubliclyAccessible": False,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "07:00-08:00",
    "PreferredMaintenanceWindow": "sun:08:30-sun:09:30",
    "CopyTagsToSnapshot": True,
    "DeletionProtection": True,
    "MonitoringInterval": 60,
    "MonitoringRoleArn": MONITORING,
    "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
    "Tags": [{"Key": "Name", "Value": NAME}, {"Key": "Program", "Value": "production"}],
}
# These differ in two instances with the same settings.
OWN = {
    *("DBInstanceIdentifier", "DBInstanceArn", "Endpoint", "InstanceCreateTime", "LatestRestorableTime"),
    *("MasterUserSecret", "ReadReplicaSourceDBInstanceIdentifier"),
}
RESTORE, MODIFY = "RestoreDBInstanceToPointInTime", "ModifyDBInstance"
# What AWS does not take over, and moto does.
NOT_TAKEN = {
    "backup_retention_period": 1,
    "preferred_backup_window": "03:00-03:30",
    "preferred_maintenance_window": "wed:06:00-wed:06:30",
    "monitoring_interval": 0,
    "monitoring_role_arn": None,
    "ca_certificate_identifier": "rds-ca-ecc384-g1",
    "master_user_secret": None,
}


class Rds(Moto):
    """An imitation of RDS that keeps each request, and whose restore takes over no more than AWS' own."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, str]] = []

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append(asked)
        answer = list(super()._answer(environ, start_response))
        if asked.get("Action") == RESTORE:
            restored = next(each[REGION].databases[RESTORED] for each in rds_backends.values())
            for name, value in NOT_TAKEN.items():
                setattr(restored, name, value)
        return answer

    def client(self, service: str) -> Any:
        return MAKE(service, endpoint_url=self.url, region_name=REGION, **CREDENTIALS)

    def requests_of(self, action: str) -> list[dict[str, str]]:
        return [each for each in self.asked if each.get("Action") == action]

    def instances(self) -> dict[str, dict[str, Any]]:
        found = self.client("rds").describe_db_instances()["DBInstances"]
        return {each["DBInstanceIdentifier"]: each for each in found}


@pytest.fixture
def rds() -> Iterator[Rds]:
    """Serve RDS with one production."""
    server = Rds()
    with server.running():
        urlopen(Request(f"{server.url}/moto-api/reset", method="POST")).close()
        network, client = server.client("ec2"), server.client("rds")
        vpc = network.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = network.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=f"{REGION}b")["Subnet"]
        group = network.create_security_group(GroupName="production", Description="production", VpcId=vpc)["GroupId"]
        key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
        client.create_db_subnet_group(
            DBSubnetGroupName=NAME, DBSubnetGroupDescription=NAME, SubnetIds=[subnet["SubnetId"]]
        )
        client.create_db_parameter_group(
            DBParameterGroupName=f"{NAME}-postgres17", DBParameterGroupFamily="postgres17", Description=NAME
        )
        keys = {"KmsKeyId": key, "MasterUserSecretKmsKeyId": key}
        client.create_db_instance(DBInstanceIdentifier=NAME, VpcSecurityGroupIds=[group], **keys, **SETTINGS)
        server.asked.clear()
        yield server


def play(run: Run, rds: Rds, folder: Path, *options: str, **variables: str) -> tuple[int, str]:
    """Play the role with an `aws` that calls the real one and asks the imitation."""
    (folder / "aws").write_text(f'#!/bin/sh\nPATH=${{PATH#*:}} exec aws --endpoint-url={rds.url} "$@"\n')
    (folder / "aws").chmod(0o755)
    environment = ("env", *(f"{name.upper()}={value}" for name, value in CREDENTIALS.items()))
    command = (
        "ansible-playbook",
        "--inventory=localhost,",
        f"--extra-vars={json.dumps(variables)}",
        *options,
        str(PLAY),
    )
    done = run("sh", "-c", 'PATH="$0:$PATH" exec "$@"', str(folder), *environment, *command)
    return done.returncode, done.stdout + done.stderr


def own_less(instance: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in instance.items() if name not in OWN}


def test_the_restored_instance_has_the_name_and_the_settings(run: Run, rds: Rds, tmp_path: Path) -> None:
    before = rds.instances()[NAME]
    status, output = play(run, rds, tmp_path)
    assert status == 0, output

    found = rds.instances()
    (replaced,) = found.keys() - {NAME}
    assert replaced.startswith(f"{NAME}-replaced-20")
    assert own_less(found[replaced]) == own_less(before)
    assert own_less(found[NAME]) == own_less(before)
    assert found[NAME]["InstanceCreateTime"] > before["InstanceCreateTime"]
    assert found[NAME]["MasterUserSecret"]["KmsKeyId"] == before["MasterUserSecret"]["KmsKeyId"]
    assert found[NAME]["MasterUserSecret"]["SecretArn"] != before["MasterUserSecret"]["SecretArn"]


def test_it_names_what_a_restore_would_otherwise_choose(run: Run, rds: Rds, tmp_path: Path) -> None:
    (group,) = rds.instances()[NAME]["VpcSecurityGroups"]
    moment = "2026-11-02T15:04:05Z"
    status, output = play(run, rds, tmp_path, restore_time=moment)
    assert status == 0, output

    (asked,) = rds.requests_of(RESTORE)
    assert asked["RestoreTime"] == moment
    assert group["VpcSecurityGroupId"] in asked.values()
    names = ("DBSubnetGroupName", "DBParameterGroupName", "AvailabilityZone", "DBInstanceClass", "StorageType")
    assert {name: asked[name] for name in names} == {name: SETTINGS[name] for name in names}
    assert (asked["MultiAZ"], asked["DeletionProtection"], asked["PubliclyAccessible"]) == ("false", "true", "false")


def test_an_interrupted_run_is_continued(run: Run, rds: Rds, tmp_path: Path) -> None:
    """The old instance has lost its name already, and the restored one has not got it yet."""
    rds.client("rds").modify_db_instance(
        DBInstanceIdentifier=NAME, NewDBInstanceIdentifier=RESTORED, ApplyImmediately=True
    )
    status, output = play(run, rds, tmp_path)
    assert status == 0, output
    assert rds.instances().keys() == {NAME}
    assert rds.requests_of(RESTORE) == []


def test_nothing_is_restored_to_a_moment_that_is_too_late(run: Run, rds: Rds, tmp_path: Path) -> None:
    status, output = play(run, rds, tmp_path, restore_time="2999-01-01T00:00:00Z")
    assert status != 0
    assert "Pass a moment such as" in output
    assert {each["Action"] for each in rds.asked} == {"DescribeDBInstances"}


def test_check_mode_changes_nothing(run: Run, rds: Rds, tmp_path: Path) -> None:
    status, output = play(run, rds, tmp_path, "--check")
    assert status == 0, output
    assert {each["Action"] for each in rds.asked} == {"DescribeDBInstances"}
