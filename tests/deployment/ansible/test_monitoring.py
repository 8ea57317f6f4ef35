"""Each alert about a host fires after its fault was made in a real server that Debian's exporter watches."""

import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from kalshi_data.demo.postgres import server_account
from tests.conftest import ROOT
from tests.deployment.ansible.conftest import Run
from tests.support import debian_packages, timescaledb
from tests.support.alerting import fires, rules
from tests.support.engines import Engine
from tests.support.waiting import wait_until
from tests.unit.service.test_health import free_port

RENDER = Path(__file__).with_name("render_monitoring.yml")
QUERIES = {file.stem for file in (ROOT / "sql/monitoring").glob("*.sql")}
PACKAGE = "prometheus-postgres-exporter"
# The exporter rounds nothing, and a test makes no ten million rows: a number is taken this many times.
MANY = 1_000_000


class Watched(NamedTuple):
    """A server and its exporter's address."""

    engine: Engine
    address: str

    def run(self, statement: str) -> None:
        """Run a statement as the server's superuser."""
        with psycopg.connect(self.engine.server.conninfo("kalshi_ts"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def metrics(self) -> str:
        """Return what the exporter gives to Prometheus."""
        with urlopen(self.address, timeout=20) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module")
def settings(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the settings as the hosts receive them."""
    folder = tmp_path_factory.mktemp("monitoring")
    done = run("ansible-playbook", "--inventory=inventories/example", str(RENDER), "-e", f"folder={folder} version=1")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def exporter(pytestconfig: pytest.Config) -> Path:
    """Return the exporter that the hosts install, from Debian's package, unpacked."""
    if not debian_packages.can_fetch():
        pytest.skip("this platform cannot take packages of the hosts' Debian")
    kept: Any = pytestconfig.cache
    folder: Path = kept.mkdir(f"exporter-{debian_packages.SUITE}-{platform.machine()}")
    unpacked = folder / "usr/bin" / PACKAGE
    if not unpacked.exists():
        downloads = folder / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)
        options = debian_packages.prepare_downloads(downloads)
        debian_packages.run(("apt-get", *options, "-qq", "download", PACKAGE), downloads / "packages")
        for package in (downloads / "packages").glob("*.deb"):
            debian_packages.run(("dpkg-deb", "--extract", str(package), str(folder)))
        shutil.rmtree(downloads)
    return unpacked


@pytest.fixture(scope="module")
def watched(server_folder: Path, settings: Path, exporter: Path) -> Iterator[Watched]:
    """A server of its own, watched as a gatherer's is."""
    folder = server_folder / "watched"
    with Engine("timescaledb", folder, timescaledb.fetch_binaries(), server_account()).running() as engine:
        with psycopg.connect(engine.server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute((ROOT / "sql/databases/kalshi_ts.sql").read_bytes())
        written = dict(re.findall(r"^(\w+)=(.*)$", (settings / "gatherer-1.postgres_exporter").read_text(), re.M))
        port = free_port()
        arguments = written["ARGS"].strip('"').replace("/etc/kalshi-monitoring/", f"{settings}/gatherer-1.")
        given = arguments.replace("127.0.0.1:9187", f"127.0.0.1:{port}").split()
        own = dict(pair.split("=") for pair in written["DATA_SOURCE_NAME"].strip("'").split() if "host=" not in pair)
        name = make_conninfo(engine.server.conninfo("kalshi_ts"), sslmode="disable", **own)
        environment = os.environ | {"DATA_SOURCE_NAME": name}
        with (settings / "log").open("wb") as log:
            process = subprocess.Popen((exporter, *given), env=environment, stdout=log, stderr=log)
        found = Watched(engine, f"http://127.0.0.1:{port}/metrics")
        try:
            wait_until(lambda: _answers(found), lambda: f"the exporter:\n{(settings / 'log').read_text()}")
            yield found
        finally:
            process.terminate()
            process.wait(20)


def _answers(watched: Watched) -> bool:
    try:
        return "kalshi_server" in watched.metrics()
    except (URLError, OSError):
        return False


def multiplied(text: str, *names: str) -> str:
    """Return metrics with some of them taken MANY times."""
    return re.sub(rf"^((?:{'|'.join(names)}){{.*}}) (\S+)$", lambda m: f"{m[1]} {float(m[2]) * MANY}", text, flags=re.M)


def leave_a_slot(watched: Watched, _: ExitStack) -> list[str]:
    watched.run("select pg_create_physical_replication_slot('left_behind', true)")
    found = watched.metrics()
    watched.run("select pg_drop_replication_slot('left_behind')")
    return [found]


def leave_dead_rows(watched: Watched, _: ExitStack) -> list[str]:
    watched.run("create table left_rows (n int) with (autovacuum_enabled = off)")
    watched.run("insert into left_rows select generate_series(1, 1000); delete from left_rows")
    dead = "kalshi_server_dead_rows_dead_rows"
    wait_until(lambda: re.search(rf"^{dead}{{.*}} 1000$", watched.metrics(), re.M), "dead rows", progress=time.time)
    found = watched.metrics()
    watched.run("drop table left_rows")
    return [multiplied(found, dead)]


def keep_a_snapshot(watched: Watched, held: ExitStack) -> list[str]:
    session = held.enter_context(psycopg.connect(watched.engine.server.conninfo("kalshi_ts")))
    session.execute("set transaction isolation level repeatable read")
    session.execute("select 1")
    for _ in range(200):
        watched.run("select txid_current()")
    return [multiplied(watched.metrics(), "kalshi_server_transactions_oldest_snapshot_age")]


def open_sessions(watched: Watched, held: ExitStack) -> list[str]:
    conninfo = watched.engine.server.conninfo("kalshi_ts")
    with psycopg.connect(conninfo) as first:
        row = first.execute("show max_connections").fetchone()
    assert row
    for _ in range(int(row[0]) * 92 // 100):
        held.enter_context(psycopg.connect(conninfo))
    return [watched.metrics()]


def force_checkpoints(watched: Watched, _: ExitStack) -> list[str]:
    before = watched.metrics()
    for _number in range(20):
        watched.run("select pg_switch_wal(); checkpoint")
    return [before, watched.metrics()]


def stop_the_exporter(watched: Watched, _: ExitStack) -> list[str]:
    gone = Watched(watched.engine, f"http://127.0.0.1:{free_port()}/metrics")
    return [f'# TYPE up gauge\nup{{job="postgres"}} {int(_answers(gone))}\n']


FAULTS: dict[str, Callable[[Watched, ExitStack], list[str]]] = {
    "ExporterDown": stop_the_exporter,
    "ServerTransactionsOld": keep_a_snapshot,
    "DeadRowsPile": leave_dead_rows,
    "ReplicationSlotLeft": leave_a_slot,
    "SessionsRunOut": open_sessions,
    "CheckpointsForced": force_checkpoints,
}


@pytest.mark.parametrize("alert", FAULTS)
def test_the_alert_fires_after_its_fault(watched: Watched, tmp_path: Path, promtool: Path, alert: str) -> None:
    assert not fires(promtool, tmp_path, alert, watched.metrics())
    with ExitStack() as held:
        found = FAULTS[alert](watched, held)
    assert fires(promtool, tmp_path, alert, *found)


def test_each_alert_about_a_host_has_its_fault() -> None:
    assert set(FAULTS) == {rule["alert"] for rule in rules("hosts")}


def test_the_clock_alert_fires_if_the_kernel_does_not_know_the_time(promtool: Path, tmp_path: Path) -> None:
    """The names are those of node_exporter's collector timex."""
    alone, wrong, right = (
        "node_timex_sync_status 0\n",
        "node_timex_maxerror_seconds 0.6\n",
        "node_timex_sync_status 1\n",
    )
    found = [fires(promtool, tmp_path, "ClockOff", f"# TYPE x gauge\n{each}") for each in (alone, wrong, right)]
    assert found == [True, True, False]


def test_the_exporter_gives_the_queries_with_few_series_and_nothing_of_its_own(watched: Watched) -> None:
    series = [line for line in watched.metrics().splitlines() if re.match(r"(pg|kalshi)_", line)]
    own = {line for line in series if line.startswith("pg_") and not re.match(r"pg_(exporter|up|static|scrape)", line)}
    assert own == set()
    assert not [line for line in series if re.match(r"pg_exporter_\w*error\S* [^0]", line)]
    assert len([line for line in series if line.startswith("kalshi_server_")]) < 40
    used = {name for rule in rules("hosts") for name in re.findall(r"kalshi_server_\w+", rule["expr"])}
    assert used <= {re.split(r"[{ ]", line)[0] for line in series}


def test_the_role_of_the_exporter_sees_no_row_of_a_table(watched: Watched) -> None:
    conninfo = make_conninfo(watched.engine.server.conninfo("kalshi_ts"), user="prometheus")
    watched.run("create table if not exists secret_rows as select 1 as n")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from secret_rows")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table own_rows (n int)")
    watched.run("drop table secret_rows")


def test_prometheus_asks_what_is_on_its_host(settings: Path, promtool: Path) -> None:
    expected = {
        "gatherer-1": {"gatherer": 9101, "node": 9100, "postgres": 9187},
        "deduplicator-1": {"deduplicator": 9102, "node": 9100},
        "production-1": {"node": 9100, "postgres": 9187},
    }
    for host, jobs in expected.items():
        file = settings / f"{host}.prometheus.yml"
        subprocess.run((promtool, "check", "config", "--syntax-only", file), check=True, capture_output=True)
        asked = {
            each["job_name"]: each["static_configs"] for each in yaml.safe_load(file.read_text())["scrape_configs"]
        }
        assert asked == {job: [{"targets": [f"127.0.0.1:{port}"]}] for job, port in jobs.items()}
    queries = yaml.safe_load((settings / "production-1.queries.yml").read_text())
    assert {name.removeprefix("kalshi_server_") for name in queries} == QUERIES
