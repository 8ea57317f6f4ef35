"""An hour of production to sorted Parquet on local S3: by the exporter, and by DuckDB's postgres scanner."""
# boto3 builds its clients at run time and carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import msgspec
from moto.server import ThreadedMotoServer

from kalshi_data.demo.postgres import embedded_binaries, server_account
from tests.benchmarks.environments import interpreter_for
from tests.conftest import ROOT
from tests.support.engines import Database, Engine

ROWS_PER_SECOND = 1_000_000
PEER = Path(__file__).parent / "peers" / "with_duckdb.py"
# Other work on the machine disturbs single rounds, so the median of these rounds counts; the two sides take turns.
ROUNDS = 3
BUCKET = "archive"
BEGIN = datetime(2026, 11, 1, 10, tzinfo=UTC)
END = BEGIN + timedelta(hours=1)
FILLED_AT_ONCE = 500_000
# 5,000 markets, of which few have most of the changes. Prices stay near one price per market, half of the changes
# withdraw size, one size in seven is not round, and messages arrive 15 to 55 ms later.
FILL = """
insert into market_data.hot_orderbook_deltas
select
    moment,
    'KX' || (array['HIGHNY', 'BTCD', 'FED', 'NFLGAME', 'INXD', 'CPIYOY'])[1 + m %% 6] || '-26NOV22-T' || m,
    n, side,
    greatest(1, least(99, 50 + (m * 37) %% 40 - 20 + round(10 * (random() + random() - 1))::integer)) / 100.0,
    case when random() < 0.5 then -1 else 1 end * case
        when random() < 0.15 then round((random() * 5000)::numeric, 2)
        else (array[1, 5, 10, 25, 50, 100, 200, 250, 500, 1000])[1 + floor(random() * 10)::integer]
    end,
    case when random() < 0.02 then 1 else 0 end,
    moment + (15 + 40 * random() * random()) * interval '1 ms',
    1 + (random() * 2)::integer,
    6
from (
    select
        n,
        %(begin)s + (n * 3599000000.0 / %(rows)s + random() * 300) * interval '1 us' as moment,
        floor(5000 * power(random(), 3))::integer as m,
        case when random() < 0.5 then 'yes' else 'no' end as side
    from generate_series(%(first)s::bigint, %(last)s::bigint) as n
) as drawn
"""
Outcome = dict[str, float]


def measure(seconds: float) -> dict[str, float]:
    """Return the results; 10 seconds mean 10 million changes."""
    rows = max(100_000, int(seconds * ROWS_PER_SECOND))
    python = interpreter_for(PEER.with_name("duckdb.lock"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalshi-")))
        folder.chmod(0o711)
        account = server_account()
        parameters = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
        engine = Engine("plain", folder / "server", embedded_binaries(account, folder), account, parameters)
        stack.enter_context(engine.running())
        production = stack.enter_context(engine.database("production"))
        fill(production, rows)
        endpoint = serve_bucket(stack)
        arguments = [
            production.conninfo(),
            BEGIN.isoformat(),
            END.isoformat(),
            str(folder / "part-0.parquet"),
            endpoint,
        ]
        ours: list[Outcome] = []
        duckdb: list[Outcome] = []
        for _ in range(ROUNDS):
            ours.append(run([sys.executable, "-m", "tests.benchmarks.export_once", *arguments, BUCKET]))
            duckdb.append(run([str(python), str(PEER), *arguments, BUCKET]))
    if any(outcome["rows"] != rows for outcome in (*ours, *duckdb)):
        raise AssertionError(f"{rows} rows are in production, others were written: {ours} {duckdb}")
    own_seconds, duckdb_seconds = (median(each["seconds"] for each in outcomes) for outcomes in (ours, duckdb))
    return {
        "rows": rows,
        "rows_per_second": rows / own_seconds,
        "duckdb_rows_per_second": rows / duckdb_seconds,
        "ratio": duckdb_seconds / own_seconds,
        "rss_max_mb": max(each["rss_max_mb"] for each in ours),
        "duckdb_rss_max_mb": max(each["rss_max_mb"] for each in duckdb),
        "bytes_per_row": ours[0]["bytes"] / rows,
        "duckdb_bytes_per_row": duckdb[0]["bytes"] / rows,
    }


def fill(production: Database, rows: int) -> None:
    """Insert one hour of changes, the same each time."""
    with production.connect() as connection:
        connection.execute("select timeseries.ensure_partition('market_data.hot_orderbook_deltas', %s)", (BEGIN,))
        connection.execute("select setseed(0.5)")
        for first in range(1, rows + 1, FILLED_AT_ONCE):
            last = min(first + FILLED_AT_ONCE - 1, rows)
            connection.execute(FILL.encode(), {"begin": BEGIN, "rows": rows, "first": first, "last": last})
        connection.execute("vacuum (analyze) market_data.hot_orderbook_deltas")


def serve_bucket(stack: ExitStack) -> str:
    """Start a local S3 server with a bucket until the stack ends, and return its address."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    stack.callback(server.stop)
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client: Any = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=BUCKET)
    return endpoint


def run(command: list[str]) -> Outcome:
    """Run one side in its own process and return its results, with its largest memory.

    Raises:
        RuntimeError: it failed; the message has its output.
    """
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:2])} failed: {errors[-2000:]}")
    return msgspec.json.decode(output.splitlines()[-1], type=Outcome)
