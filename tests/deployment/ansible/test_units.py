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


@pytest.mark.parametrize(
    "program", ["gatherer", "deduplicator", "kalshi-catalog", "health-gatherer", "production-backup@"]
)
def test_services_are_confined(units: Path, program: str) -> None:
    """systemd rates what a compromised program could do to its host: at most 2.0 of 10."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd to rate the units; the tests on hosts use theirs")
    command = (analyze, "security", "--offline=true", "--threshold=20", "--no-pager", units / f"{program}.service")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout + done.stderr


@pytest.mark.parametrize("program", ["gatherer", "deduplicator"])
def test_the_health_is_sent_three_times_a_minute_to_the_agent_on_this_host(units: Path, program: str) -> None:
    """An alarm looks at the best value of a minute, so one that is late or lost must not matter."""
    assert "OnUnitActiveSec=20s\n" in (units / f"health-{program}.timer").read_text()
    settings = json.loads((units / f"health-{program}.json").read_text())
    assert settings["logs"]["metrics_collected"] == {"emf": {"service_address": "tcp://127.0.0.1:25888"}}
    (command,) = re.findall(r"^ExecStart=(.*)$", (units / f"health-{program}.service").read_text(), re.MULTILINE)
    asked = {"gatherer": ("9101", "gatherer-1"), "deduplicator": ("9102", "deduplicator-1")}[program]
    assert command.split()[3:] == [program, *asked, "/kalshi-data/production/health", "25888"]


def is_wanted(condition: str, **variables: object) -> object:
    """Return what a condition of a task is on a host of the deduplicator."""
    # Ansible refuses a condition that is no boolean.
    return Environment(autoescape=True).compile_expression(condition)(group_names=["deduplicator"], **variables)


def test_the_catalogue_is_registered_by_a_timer_that_is_off_by_default(units: Path) -> None:
    """A run starts only after the one before it has ended, and gives way to the deduplicator."""
    unit, timer = ((units / f"kalshi-catalog.{kind}").read_text() for kind in ("service", "timer"))
    asked = "--config /etc/kalshi/deduplicator.toml --iceberg glue --namespace kalshi_iceberg"
    assert f"ExecStart=/opt/kalshi/current/catalog register {asked}" in unit
    # The release's own folder holds what its programs unpacked.
    assert "EnvironmentFile=/opt/kalshi/current/environment\n" in unit
    assert {"CPUWeight=10", "MemoryDenyWriteExecute=yes"} <= set(unit.splitlines())
    assert "OnUnitInactiveSec=10min\n" in timer
    plays = [play for name in ("site.yml", "rollout.yml") for play in yaml.safe_load((PLAYBOOKS / name).read_text())]
    tasks = [task for play in plays if "deduplicator" in play.get("hosts", "") for task in play.get("tasks", [])]
    included = [
        (task["ansible.builtin.include_role"], task) for task in tasks if "ansible.builtin.include_role" in task
    ]
    chosen = [(role.get("tasks_from", "main"), task["when"]) for role, task in included if role["name"] == "catalog"]
    assert sorted(name for name, _ in chosen) == ["install", "main", "main", "remove"]
    for name, condition in chosen:
        found = [is_wanted(condition, kalshi_catalog=each) for each in (None, "", "glue")]
        expected = [True, True, False] if name == "remove" else [False, False, True]
        assert [*found, is_wanted(condition)] == [*expected, expected[0]]


def test_only_the_deduplicators_host_gets_the_catalogues_program() -> None:
    """It is copied from the folder of the release, compared with its checksum, and unpacked once."""
    (play,) = (play for play in yaml.safe_load((PLAYBOOKS / "rollout.yml").read_text()) if "Check" in play["name"])
    (task,) = (task for task in play["tasks"] if "catalogue" in task["name"])
    condition = Environment(autoescape=True).compile_expression(task["when"])
    assert [condition(group_names=[each], kalshi_catalog="x") for each in ("gatherer", "deduplicator")] == [False, True]
    text = (PLAYBOOKS / "roles/catalog/tasks/install.yml").read_text()
    tasks = yaml.safe_load(text)
    copied = [
        each for task in tasks for each in (task, *task.get("block", [])) if "ansible.builtin.include_role" in each
    ]
    found = [(each["ansible.builtin.include_role"]["tasks_from"], each["vars"]["zipapp_program"]) for each in copied]
    assert found == [("verify_checksum", "catalog"), ("unpack", "catalog")]
    unpack = yaml.safe_load((PLAYBOOKS / "roles/zipapp/tasks/unpack.yml").read_text())
    assert unpack[0]["ansible.builtin.copy"]["src"] == "{{ zipapp_dist }}/{{ zipapp_program }}"
    # A failure takes away the program, and leaves the deduplicator's in the same folder.
    removed = [each["ansible.builtin.file"]["path"] for task in tasks for each in task.get("rescue", [])[:1]]
    assert removed == ["/opt/kalshi/releases/{{ catalog_version }}/catalog"]


def test_a_gatherer_survives_an_outage_of_its_database(units: Path) -> None:
    """A gatherer starts after its database and keeps running without it; no unit contains a secret."""
    unit = (units / "gatherer.service").read_text()
    assert re.search(r"^After=.*postgresql\.service", unit, re.MULTILINE)
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
