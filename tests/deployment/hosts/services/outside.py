"""The services outside the platform: the exchange, imitated by the simulator, and the archive, imitated by moto.

Both listen on the bridge at port 443 with TLS, like the real ones, through one relay that has the certificate.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.processes import ProgramProcess
from tests.deployment.hosts.fleet import GATHERERS, ROOT
from tests.deployment.hosts.nspawn.network import ADDRESSES, METADATA, Network
from tests.deployment.hosts.services.certificates import Certificates
from tests.support.waiting import STILL_SECONDS_MAX, wait_until

PORTS = {"exchange": 8080, "archive": 8081}
REST_URL = "https://exchange.kalshi.test/trade-api/v2"
WEBSOCKET_URL = "wss://exchange.kalshi.test/trade-api/ws/v2"
ARCHIVE_URL = "https://archive.kalshi.test"
BUCKET = "kalshi-archive"
BACKUPS = "kalshi-backups"
# The path names the bucket, because the host's name does not.
MOTO = {"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true"}
MAKE_BUCKET = f"""\
import boto3, botocore.config
patient = botocore.config.Config(retries={{"mode": "standard", "total_max_attempts": 10}})
made = boto3.client("s3", "us-east-1", endpoint_url="http://127.0.0.1:{PORTS["archive"]}", config=patient)
for bucket in ("{BUCKET}", "{BACKUPS}"):
    made.create_bucket(Bucket=bucket)
"""
ASK_FOR_FAULT = f"""\
import sys, urllib.request
urllib.request.urlopen("http://127.0.0.1:{PORTS["exchange"]}/admin/faults", sys.argv[1].encode(), timeout=10).close()
"""
EVENT_SECONDS = 0.2
POLL_SECONDS = 0.3
# The end of the journal, with many lines of any kind.
END_BYTES = 1 << 20
MARKETS = 50
# Enough that each second has changes; the comparison at the end reads all of them.
RATE = 20
# Fields that the exchange leaves out, until a test lets it send them.
WITHOUT = ("clock", "ts")


class Outside:
    """The exchange, the archive and its credentials service, for one fleet; close() stops them."""

    def __init__(self, folder: Path, network: Network, certificates: Certificates) -> None:
        folder.mkdir(mode=0o700)
        self.journal = folder / "journal.jsonl"
        self.keys = {name: _make_key(folder / name, name) for name in GATHERERS}
        self._folder = folder
        self._network = network
        self._certificates = certificates
        self._running = ExitStack()
        self._exchange: ProgramProcess

    def start(self) -> None:
        """Start both and wait until the exchange listens; it trades once every key has subscribed all markets."""
        self._begin("tests.deployment.hosts.services.relay", str(self._certificates.chain), *_relayed())
        self._begin("moto.server", "--host=127.0.0.1", f"--port={PORTS['archive']}")
        self._begin("tests.deployment.hosts.services.metadata", METADATA)
        self._make_bucket()
        keys = [f"--key={key.key_id}={key.public}" for key in self.keys.values()]
        plan = [
            "--seconds=0",
            f"--markets={MARKETS}",
            f"--rate={RATE}",
            "--tier=advanced",
            "--wait-for-everything",
            f"--clients={len(keys)}",
        ]
        plan += [f"--without={','.join(WITHOUT)}", f"--port={PORTS['exchange']}", f"--journal={self.journal}"]
        arguments = ["simulator", "run", *keys, *plan]
        within = self._network.command()
        self._exchange = ProgramProcess("exchange", self._folder, arguments, listen=True, within=within)
        self._running.callback(self._exchange.end)
        self.until("listening")

    def until(self, event: str) -> dict[str, Any]:
        """Wait until the exchange reports an event."""
        return wait_until(
            lambda: self._exchange.find_event(event, EVENT_SECONDS),
            lambda: f"the exchange reports {event}\n{self._exchange.last_lines()}",
        )

    def fault(self, name: str, **more: Any) -> None:
        """Let the exchange have a fault now."""
        asked = json.dumps({"name": name, **more})
        subprocess.run(self._network.command(sys.executable, "-c", ASK_FOR_FAULT, asked), check=True)

    def wait_published(self, until_ms: int) -> None:
        """Wait until the journal contains everything published before a time."""

        def last_ms() -> int:
            with self.journal.open("rb") as journal:
                journal.seek(max(0, journal.seek(0, os.SEEK_END) - END_BYTES))
                lines = journal.read().splitlines()[1:-1]
            return msgspec.json.decode(lines[-1], type=dict[str, Any])["published_ms"] if lines else 0

        wait_until(
            lambda: last_ms() >= until_ms, f"the journal until {until_ms}", progress=last_ms, poll_seconds=POLL_SECONDS
        )

    def published_after(self, bytes_before: int) -> tuple[Path, int]:
        """Return a file with the whole lines of the journal behind its first bytes, and how many bytes they are."""
        with self.journal.open("rb") as journal:
            journal.seek(bytes_before)
            lines, newline, _ = journal.read().rpartition(b"\n")
        part = self.journal.with_suffix(f".from-{bytes_before}")
        return part, part.write_bytes(lines + newline)

    def end_trading(self) -> None:
        """Let the exchange publish nothing more; it still answers."""
        self._exchange.signal(signal.SIGUSR1)
        self.until("finished")

    def end_exchange(self) -> None:
        """Stop the exchange, which completes its journal; the archive keeps running."""
        self._exchange.end()

    def close(self) -> None:
        """Stop everything."""
        self._running.close()

    def _make_bucket(self) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "anything"}
        command = self._network.command(sys.executable, "-c", MAKE_BUCKET)
        subprocess.run(command, check=True, env=os.environ | keys)

    def _begin(self, module: str, *arguments: str) -> None:
        command = self._network.command(sys.executable, "-m", module, *arguments)
        with (self._folder / f"{module}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | MOTO, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._running.callback(_end, process)


def _make_key(folder: Path, name: str) -> KeyFiles:
    folder.mkdir(mode=0o700)
    return make_key(folder, 2)._replace(key_id=f"key-of-{name}")


def _relayed() -> Sequence[str]:
    return [f"{ADDRESSES[name]}:443=127.0.0.1:{port}" for name, port in PORTS.items()]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(STILL_SECONDS_MAX)
