"""Production's PostgreSQL as RDS runs it on a db.t4g.large: version, settings and memory."""

import re
from pathlib import Path

from kalshi_data.demo.postgres import Account, embedded_binaries
from tests.benchmarks.capacity.load import PRODUCTION_MB
from tests.conftest import ROOT
from tests.deployment.production_memory import memory_mb_max
from tests.support import debian_packages, timescaledb
from tests.support.engines import Engine

PARAMETER_GROUP = ROOT / "terraform" / "modules" / "database" / "main.tf"
# RDS takes a quarter of the memory for shared buffers, and expects the system to cache another quarter.
SHARED_MB = PRODUCTION_MB // 4
# PostgreSQL's default, for sessions that do not merge.
WORK_MB = 4


def parameter_group() -> dict[str, str]:
    """Return the parameters that Terraform gives to RDS."""
    text = PARAMETER_GROUP.read_text()
    block = text.split("parameters = {", 1)[1].split("\n  }", 1)[0]
    given = dict(re.findall(r'^ +(\w+) += "([^"]*)"', block, re.MULTILINE))
    static = re.findall(r'name += "(max_locks_per_transaction)"\n +value += "(\d+)"', text)
    connections = re.findall(r"connections_max += (\d+)", text)[0]
    return {**given, **dict(static), "max_connections": connections}


def make_engine(folder: Path, account: Account) -> Engine:
    """Return production's server: of RDS' version if this machine can fetch it, else the newest, without lz4."""
    parameters = {
        **parameter_group(),
        "shared_buffers": f"{SHARED_MB}MB",
        "effective_cache_size": f"{2 * SHARED_MB}MB",
        "full_page_writes": "on",
    }
    if debian_packages.can_fetch():
        binaries = timescaledb.fetch_binaries()
    else:
        binaries = embedded_binaries(account, folder)
        del parameters["default_toast_compression"]
    return Engine("plain", folder / "production", binaries, account, parameters)


def settings_mb_max() -> int:
    """Return the memory that the settings allow if everything catches up at the same time."""
    given = parameter_group()
    autovacuum, maintenance = (int(given[name]) // 1024 for name in ("autovacuum_work_mem", "maintenance_work_mem"))
    return memory_mb_max(SHARED_MB, int(given["max_connections"]), WORK_MB, 3 * autovacuum, maintenance)
