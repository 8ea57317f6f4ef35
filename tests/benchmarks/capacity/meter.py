"""Measures what each step costs a PostgreSQL server: time, processor and memory."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from tests.support.engines import Engine

SAMPLE_SECONDS = 0.05


class StepCost(msgspec.Struct):
    """What one step cost until now; `units` are its rows, minutes, snapshots or hours."""

    units: float = 0
    seconds: float = 0.0
    core_seconds: float = 0.0
    # Of this process, which stands for the deduplicator.
    own_seconds: float = 0.0
    # By how much the memory grew at most that the server's processes do not share.
    private_mb: float = 0.0

    @property
    def per_unit(self) -> float:
        """Processor seconds of the server for one unit."""
        return self.core_seconds / self.units if self.units else 0.0


class ServerMeter:
    """Measures the steps of one server."""

    def __init__(self, engine: Engine) -> None:
        """Find the server's first process."""
        data = engine.server.folder / "data"
        self._postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        self.steps: dict[str, StepCost] = {}
        self.shared_mb = 0.0
        # Memory of each process by itself, before a step, at most.
        self.idle_mb = 0.0

    @contextmanager
    def step(self, name: str) -> Generator[StepCost]:
        """Measure a step until the block ends, which counts its units."""
        cost = self.steps.setdefault(name, StepCost())
        core, own, began = self._core_seconds(), time.process_time(), time.perf_counter()
        ended, sampled = threading.Event(), StepCost()
        sampler = threading.Thread(target=self._sample, args=(sampled, ended), name="memory", daemon=True)
        sampler.start()
        try:
            yield cost
        finally:
            cost.seconds += time.perf_counter() - began
            cost.core_seconds += self._core_seconds() - core
            own_seconds = time.process_time() - own
            ended.set()
            sampler.join()
            # Sampling is no work of the deduplicator's.
            cost.own_seconds += max(0.0, own_seconds - sampled.own_seconds)
            cost.private_mb = max(cost.private_mb, sampled.private_mb)

    def _core_seconds(self) -> float:
        """Return the processor seconds of the server, with those of its processes that have ended."""
        total = sum(self._postmaster.cpu_times()[:4])
        for child in self._postmaster.children():
            with suppress(psutil.NoSuchProcess):
                total += sum(child.cpu_times()[:2])
        return total

    def _sample(self, cost: StepCost, ended: threading.Event) -> None:
        """Keep the largest memory until the step has ended."""
        before: float | None = None
        while True:
            private, shared = 0.0, 0.0
            for child in self._postmaster.children():
                with suppress(OSError, psutil.NoSuchProcess):
                    status = read_memory(child.pid)
                    # A process that is ending has no memory any more.
                    private += status.get("RssAnon", 0.0)
                    shared = max(shared, status.get("RssShmem", 0.0))
            if before is None:
                before = private
                self.idle_mb = max(self.idle_mb, before)
            cost.private_mb = max(cost.private_mb, private - before)
            self.shared_mb = max(self.shared_mb, shared)
            cost.own_seconds = time.thread_time()
            if ended.wait(SAMPLE_SECONDS):
                return


def read_memory(pid: int) -> dict[str, float]:
    """Return a process's memory in MB, by kind.

    Raises:
        OSError: it has ended.
    """
    lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines if words[0].startswith(("Rss", "VmHWM"))}
