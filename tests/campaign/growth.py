"""What must not grow however often things fail: sessions, descriptors, threads, files, and tables of few rows."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from kalshi_data.database.connection import connect
from tests.campaign.plan import GATHERERS
from tests.campaign.platform import CampaignPlatform
from tests.campaign.servers import HurtServer

SQL = Path(__file__).parent / "sql"
# A platform that was never hurt has 18 sessions of production and 21 of each gatherer's server.
SESSIONS_MAX = 24
# It has 20 descriptors and 11 threads in a gatherer, and 74 and 73 in the deduplicator, one for each stream it polls.
DESCRIPTORS_MAX, THREADS_MAX = 110, 90
CRASH = "Traceback (most recent call last)"


def grown(platform: CampaignPlatform) -> Iterator[str]:
    """Yield what has grown on a platform that runs."""
    servers = {"production": platform.production}
    servers |= {f"gatherer {number}'s server": server for number, server in platform.servers.items()}
    for name, server in servers.items():
        if (sessions := count_sessions(server)) > SESSIONS_MAX:
            yield f"{name} has {sessions} sessions"
    for program in platform.programs:
        if program.process:
            process = psutil.Process(program.process.pid)
            if process.num_fds() > DESCRIPTORS_MAX or process.num_threads() > THREADS_MAX:
                yield f"{program.name} has {process.num_fds()} descriptors and {process.num_threads()} threads"
    yield from grown_tables(platform)


def count_sessions(server: HurtServer) -> int:
    """Return how many sessions programs have with a server."""
    with connect(server.server.conninfo("postgres"), application_name="campaign") as connection:
        found = connection.execute((SQL / "list_sessions.sql").read_bytes()).fetchall()
    return sum(sessions for _, sessions in found)


def grown_tables(platform: CampaignPlatform) -> Iterator[str]:
    """Yield which tables of production hold more rows than there are things."""
    with connect(platform.production.server.conninfo("kalshi"), application_name="campaign") as connection:
        limits = {"gatherers": len(GATHERERS)}
        found = connection.execute((SQL / "count_production.sql").read_bytes(), limits).fetchall()
    for name, rows, rows_max in found:
        if rows > rows_max:
            yield f"{name} has {rows} rows instead of {rows_max}"


def left_behind(platform: CampaignPlatform) -> Iterator[str]:
    """Yield which files are left behind after all programs have ended, and who met an error it did not expect."""
    for number, program in platform.gatherers.items():
        # A file is begun at each start, when a disk was full or a clock was set, and for databases made again.
        faults = sum(each.gatherer == number for each in platform.plan.steps)
        files = len(list(platform.frames(number).glob("frames-*")))
        if files > program.starts + faults:
            yield f"gatherer {number} has {files} files of frames after {program.starts} starts and {faults} faults"
    for each in sorted(platform.workspace.rglob("*")):
        yield f"{each.name} is left in the workspace of the archive"
    for log in sorted(platform.folder.glob("*.log")):
        if CRASH in log.read_text(errors="replace"):
            yield f"{log.stem} met an error that it did not expect: {log.name} has its traceback"
