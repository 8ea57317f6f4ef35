"""The units confine the programs, and the database roles equal those in the project's SQL files."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment

from tests.conftest import ROOT
from tests.deployment.ansible.conftest import PLAYBOOKS, Run

RENDER = Path(__file__).with_name("render_units.yml")
GROUPS = {"gatherer": ("gatherer", {"kalshi_ts", "kalshi_meta"}), "production": ("production", {"kalshi"})}


@pytest.fixture(scope="module")
def units(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the units as the hosts receive them."""
    folder = tmp_path_factory.mktemp("units")
    done = run(
        *("ansible-playbook", "--inventory=inventories/example", str(RENDER)),
        *("--extra-vars", f"folder={folder} version=1.0.0"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("program", ["gatherer", "deduplicator", "kalshi-catalog"])
def test_services_are_confined(units: Path, program: str) -> None:
    """systemd rates what a compromised program could do to its host: at most 2.0 of 10."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd to rate the units; the tests on hosts use theirs")
    command = (analyze, "security", "--offline=true", "--threshold=20", "--no-pager", units / f"{program}.service")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout + done.stderr


def test_the_catalogue_is_registered_by_a_timer_that_is_off_by_default(units: Path) -> None:
    """A run starts only after the one before it has ended, and gives way to the deduplicator."""
    unit, timer = ((units / f"kalshi-catalog.{kind}").read_text() for kind in ("service", "timer"))
    assert "archive catalog --config /etc/kalshi/deduplicator.toml --iceberg glue --namespace kalshi_iceberg" in unit
    assert "CPUWeight=10\n" in unit
    assert "OnUnitInactiveSec=10min\n" in timer
    (play,) = (each for each in yaml.safe_load((PLAYBOOKS / "site.yml").read_text()) if "catalogue" in each["name"])
    (task,) = play["tasks"]
    # Ansible refuses a condition that is no boolean.
    is_set_up = Environment(autoescape=True).compile_expression(task["when"])
    assert [is_set_up(kalshi_catalog=each) for each in (None, "", "glue")] == [False, False, True]
    assert is_set_up() is False


def test_a_gatherer_survives_an_outage_of_its_database(units: Path) -> None:
    """A gatherer starts after its database and keeps running without it; no unit contains a secret."""
    unit = (units / "gatherer.service").read_text()
    assert re.search(r"^After=.*postgresql@17-main\.service", unit, re.MULTILINE)
    assert "Requires=" not in unit
    assert "LoadCredential=kalshi_private_key:" in unit
    assert "owner_pgpass" not in (units / "deduplicator.service").read_text()


@pytest.mark.parametrize("program", ["gatherer", "deduplicator"])
def test_a_program_waits_for_the_clock_but_starts_without_it(units: Path, program: str) -> None:
    """A failed wait leaves the program's start alone, because it only wants the target."""
    unit = (units / f"{program}.service").read_text()
    assert re.search(r"^Wants=.*\btime-sync\.target\b", unit, re.MULTILINE)
    assert re.search(r"^After=.*\btime-sync\.target\b", unit, re.MULTILINE)
    clock = (PLAYBOOKS / "roles/system/tasks/clock.yml").read_text()
    assert "TimeoutStartSec={{ system_clock_seconds_max }}" in clock


@pytest.mark.parametrize("program", ["gatherer", "deduplicator"])
def test_restarts_never_end_and_leave_no_dump(units: Path, program: str) -> None:
    unit = (units / f"{program}.service").read_text()
    assert {"Restart=always", "StartLimitIntervalSec=0", "LimitCORE=0"} <= set(unit.splitlines())
    assert re.search(r"^RestartMaxDelaySec=\d+$", unit, re.MULTILINE)


def test_a_gatherer_cannot_act_as_its_hosts_role(units: Path) -> None:
    """The deduplicator needs the metadata service for the archive."""
    denied = "IPAddressDeny=169.254.169.254 fd00:ec2::254"
    assert denied in (units / "gatherer.service").read_text().splitlines()
    assert "IPAddressDeny" not in (units / "deduplicator.service").read_text()
    server = (PLAYBOOKS / "roles/timescaledb/tasks/configure.yml").read_text()
    assert {denied, "StartLimitIntervalSec=0"} <= {line.strip() for line in server.splitlines()}


@pytest.mark.parametrize(
    ("program", "disk_gb", "database_gb"), [("gatherer", 200, (90, 110)), ("deduplicator", 500, (350, 400))]
)
def test_what_a_host_keeps_leaves_a_fifth_of_the_disk(
    units: Path, program: str, disk_gb: int, database_gb: tuple[int, int]
) -> None:
    """The brief's disks: database, frame log and write-ahead log together take at most 80 %."""
    found = {name: int(value) for name, value in json.loads((units / f"{program}.json").read_text()).items()}
    disk = found.pop("disk")
    assert disk == disk_gb * 10**9
    # RDS has the write-ahead log of terraform/modules/database, and no frame log.
    wal = found.pop("wal", 0) or 16 * 10**9
    assert sum(found.values()) + wal <= disk * 0.8
    assert database_gb[0] <= found["database"] / 10**9 <= database_gb[1]
    variables = yaml.safe_load((PLAYBOOKS / "group_vars" / f"{program}.yml").read_text())
    bound = variables[f"{program}_defaults"]["retention"]["database_bytes_max"]
    assert bound == f"{{{{ {program}_database_bytes | int }}}}"


@pytest.mark.parametrize("group", GROUPS)
def test_hosts_get_the_roles_and_databases_of_the_sql_files(group: str) -> None:
    file, databases = GROUPS[group]
    variables = yaml.safe_load((PLAYBOOKS / "group_vars" / f"{group}.yml").read_text())
    roles = set(re.findall(r"create role (\w+)", (ROOT / "sql" / "roles" / f"{file}.sql").read_text()))
    assert {role["name"] for role in variables["timescaledb_roles"]} == roles
    for database in variables["timescaledb_databases"]:
        made = (ROOT / "sql" / "databases" / f"{database['name']}.sql").read_text()
        assert f"create database {database['name']} owner {database['owner']} encoding 'UTF8'" in made
    assert {database["name"] for database in variables["timescaledb_databases"]} == databases
