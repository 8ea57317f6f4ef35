"""The real programs as processes: an exchange with faults, gatherers, the deduplicator, and the comparison."""

import signal
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import msgspec

from kalshi_data.database.connection import query
from kalshi_data.demo.keys import KeyFiles, make_key
from kalshi_data.demo.platform import DEDUPLICATOR_GATHERER_TOML, DEDUPLICATOR_TOML, GATHERER_TOML, LATE_DAYS_MAX
from kalshi_data.demo.processes import ProgramProcess
from kalshi_data.simulator.verification import VERIFIED_STREAMS, Verification, verify_journal
from tests.support.engines import Database, Engine
from tests.support.waiting import wait_until

STOP_SECONDS_MAX = 30
POLL_SECONDS = 0.05
ARRIVAL_SECONDS = 0.3
# Keys of settings by section, beside those of the demo.
Settings = Mapping[str, Mapping[str, Any]]
QUICK: Settings = {"recovery": {"settle_seconds": 0.5}}


def toml_lines(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield settings as lines of dotted keys; JSON's values are TOML's."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from toml_lines(cast("dict[str, Any]", value), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} = {msgspec.json.encode(value).decode()}\n"


class Rehearsal:
    """One run on databases of its own; close() ends whatever still runs."""

    def __init__(self, folder: Path, engine: Engine, gatherers: int = 1, without: str = "") -> None:
        """Let the exchange leave out the fields in `without`."""
        self.folder = folder
        self._without = [f"--without={without}"] if without else []
        self._stack = ExitStack()
        self.numbers = range(1, gatherers + 1)
        kinds = ("kalshi_ts", "kalshi_meta")
        self.databases = {n: {kind: self._database(engine, kind) for kind in kinds} for n in self.numbers}
        self.production = self._database(engine, "production")
        self.keys = {number: self._key(number) for number in self.numbers}
        self.journal = folder / "journal.jsonl"
        self.addresses: dict[str, str] = {}
        self.exchange: ProgramProcess
        self.gatherers: dict[int, ProgramProcess] = {}
        # Further processes on the configuration of one of them: shards, or a second one.
        self.beside: list[ProgramProcess] = []

    def close(self) -> None:
        self._stack.close()

    def _database(self, engine: Engine, kind: str) -> Database:
        return self._stack.enter_context(engine.database(kind))

    def _key(self, number: int) -> KeyFiles:
        folder = self.folder / f"settings-{number}"
        folder.mkdir(mode=0o700)
        return make_key(folder, 2)._replace(key_id=f"gatherer-{number}")

    # Starting.

    def start(self, *options: str, settings: Settings = QUICK, everything: bool = True) -> None:
        """Start everything and wait until the exchange begins to trade: with `everything` also for index values."""
        self.start_exchange(*options, everything=everything)
        for number in self.numbers:
            self.start_gatherer(number, settings)
        self.until("started")

    def start_exchange(self, *options: str, everything: bool = True) -> None:
        """Start the exchange and wait until it listens."""
        keys = [f"--key={key.key_id}={key.public}" for key in self.keys.values()]
        plan = [
            "--seconds=0",
            "--markets=40",
            "--rate=300",
            "--tier=advanced",
            *(["--wait-for-everything"] if everything else []),
            f"--clients={len(self.keys)}",
        ]
        arguments = ["simulator", "run", *keys, *plan, *self._without, *options, f"--journal={self.journal}"]
        self.exchange = self._program("exchange", arguments, listen=True)
        self.addresses = self.until("listening")

    def start_gatherer(self, number: int, settings: Settings = QUICK) -> None:
        """Start one gatherer."""
        arguments = ["gatherer", "run", "--config", str(self._configure(number, settings))]
        self.gatherers[number] = self._program(f"gatherer-{number}", arguments)

    def start_beside(self, name: str, *options: str, settings: Settings = QUICK) -> ProgramProcess:
        """Start a further process on the configuration of the first gatherer; its log is called `name`."""
        arguments = ["gatherer", "run", "--config", str(self._configure(1, settings)), *options]
        self.beside.append(self._program(name, arguments))
        return self.beside[-1]

    def _configure(self, number: int, settings: Settings) -> Path:
        """Write the configuration of a gatherer."""
        file = self.folder / f"settings-{number}" / "gatherer.toml"
        databases = {name: each.conninfo("gatherer") for name, each in self.databases[number].items()}
        key = self.keys[number]
        place = {
            "key_id": key.key_id,
            "private_key_file": key.private,
            "frames": self.frames(number),
            "audit_seconds": 20,
            "port": 0,
        }
        wanted = tomllib.loads(GATHERER_TOML.format(**self.addresses, **databases, **place))
        for section, keys in settings.items():
            wanted.setdefault(section, {}).update(keys)
        file.write_text("".join(toml_lines(wanted)))
        return file

    def start_deduplicator(self, name: str = "deduplicator", *options: str) -> ProgramProcess:
        """Start the deduplicator, or one of its shards; its log is called `name`."""
        runtime, owner = (self.production.conninfo(user) for user in ("deduplicator", "kalshi_owner"))
        settings = DEDUPLICATOR_TOML.format(runtime=runtime, owner=owner, late_days_max=LATE_DAYS_MAX, port=0)
        # It starts after the gatherers have stopped, and an emulated one is slow to start.
        merging = "heartbeat_seconds_max = 600\nacknowledge_seconds = 0.2\n"
        settings = settings.replace("[merging]\n", f"[merging]\n{merging}")
        for number, each in self.databases.items():
            databases = {name: database.conninfo("dedup_reader") for name, database in each.items()}
            settings += DEDUPLICATOR_GATHERER_TOML.format(number=number, **databases)
        file = self.folder / "deduplicator.toml"
        file.write_text(settings)
        return self._program(name, ["deduplicator", "run", "--config", str(file), *options])

    def _program(self, name: str, arguments: list[str], *, listen: bool = False) -> ProgramProcess:
        program = ProgramProcess(name, self.folder, arguments, listen=listen)
        self._stack.callback(program.end)
        return program

    # Meanwhile.

    def until(self, event: str) -> dict[str, Any]:
        """Wait until the exchange reports an event."""
        return wait_until(
            lambda: self.exchange.find_event(event, POLL_SECONDS),
            lambda: f"the exchange reports {event}\n{self.tails()}",
            progress=self._written,
        )

    def _written(self) -> dict[str, int]:
        """Return how much all programs have written so far, which grows while they work."""
        return {path.name: path.stat().st_size for path in self.folder.iterdir() if path.is_file()}

    def fault(self, name: str, **more: Any) -> None:
        """Let the exchange have a fault now."""
        url = self.addresses["rest_url"].partition("/trade-api")[0] + "/admin/faults"
        urllib.request.urlopen(url, msgspec.json.encode({"name": name, **more}), timeout=10).close()

    def rows(self, statement: str, number: int = 1, kind: str = "kalshi_ts") -> list[tuple[Any, ...]]:
        """Return what one gatherer's database answers."""
        with self.databases[number][kind].connect() as connection:
            return connection.execute(statement.encode()).fetchall()

    def counted(self, condition: str, number: int = 1) -> int:
        """Return how many rows of a gatherer's capture table there are: `table where …`."""
        return int(self.rows(f"select count(*) from capture.{condition}", number)[0][0])

    def wait_for(self, condition: str, count: int = 1, number: int = 1) -> None:
        """Wait until a gatherer's capture table has this many rows."""
        found: list[int] = [0]

        def are_there() -> bool:
            found[0] = self.counted(condition, number)
            return found[0] >= count

        wait_until(are_there, lambda: f"{count} {condition}\n{self.tails()}", progress=lambda: found[0])

    def lines(self, number: int = 1, name: str = "") -> list[dict[str, Any]]:
        """Return the log of a gatherer, or the one that is called `name`."""
        lines = (self.folder / f"{name or f'gatherer-{number}'}.log").read_bytes().splitlines()
        return [msgspec.json.decode(line) for line in lines]

    def logged(self, event: str, number: int = 1, name: str = "") -> list[dict[str, Any]]:
        """Return the lines of such a log that report an event."""
        return [line for line in self.lines(number, name) if line["event"] == event]

    def tails(self) -> str:
        """Return the ends of all logs."""
        return "\n".join(f"{path.name}:\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log"))

    def frames(self, number: int = 1) -> Path:
        """Return the folder of a gatherer's frame log."""
        return self.folder / f"frames-{number}"

    # The end.

    def end_trading(self, after_seconds: float = 1.2) -> None:
        """Let the exchange trade on for a while, then publish nothing more, and wait until what it did has arrived."""
        self.end_publishing(after_seconds)
        self._wait_for_arrival()

    def end_publishing(self, after_seconds: float = 1.2) -> None:
        """Let the exchange trade on for a while, then publish nothing more."""
        time.sleep(after_seconds)
        self.exchange.signal(signal.SIGUSR1)
        self.until("finished")

    def _wait_for_arrival(self) -> None:
        """Wait until no gatherer commits rows any more, which each does a moment after it received them."""
        before: list[list[tuple[Any, ...]]] = []
        while (rows := [self.captured(number) for number in self.numbers]) != before:
            before = rows
            time.sleep(ARRIVAL_SECONDS)

    def stop_gatherers(self) -> None:
        """Ask all gatherers to stop; each must end well and in time."""
        for gatherer in (*self.gatherers.values(), *self.beside):
            began = time.monotonic()
            gatherer.stop()
            assert time.monotonic() - began < STOP_SECONDS_MAX

    def finish(self) -> Verification:
        """End the trading, stop everything in order, merge what was received, and compare it with the journal."""
        self.end_trading()
        return self.compare()

    def compare(self) -> Verification:
        """Stop everything in order, merge what was received, and compare it with the journal."""
        self.stop_gatherers()
        self.exchange.stop()
        deduplicator = self.start_deduplicator()
        wait_until(self.is_merged, lambda: f"everything merged\n{self.tails()}", progress=self.polled)
        deduplicator.stop()
        return verify_journal(self.production.conninfo(), self.journal)

    def is_merged(self) -> bool:
        """Return whether each row that gatherers committed was read."""
        polled = self.polled()
        return all(
            polled.get((stream, number), 0) >= rows
            for number in self.numbers
            for stream, rows in self.captured(number)
            if stream in VERIFIED_STREAMS
        )

    def polled(self) -> dict[tuple[str, int], int]:
        """Return how many rows of each stream and gatherer the deduplicator has read."""
        with self.production.connect() as connection:
            found = connection.execute(query("production/status/read_progress")).fetchall()
        return {(stream, number): rows for stream, number, rows, *_ in found}

    def captured(self, number: int) -> list[tuple[Any, ...]]:
        """Return how many rows of each stream a gatherer has committed."""
        return self.rows(query("capture/status/count_rows").decode(), number)

    def published(self) -> list[dict[str, Any]]:
        """Return the journal."""
        return [msgspec.json.decode(line) for line in self.journal.read_bytes().splitlines()]
