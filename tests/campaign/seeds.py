"""Runs seeds one after another or several at once, and keeps the evidence of those that fail."""

import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.campaign.bucket import BucketServer
from tests.campaign.plan import make_plan
from tests.campaign.running import run_plan
from tests.campaign.servers import Templates
from tests.conftest import ROOT

KEPT = ROOT / ".cache" / "campaign"
# Of a failed run its logs, settings, journal and steps are kept, and its databases if that is wanted.
NOT_KEPT = (".s.*", "postgresql", "*.pem", "ballast")
Say = Callable[[str], None]


class SeedReport(msgspec.Struct):
    """What one seed came to."""

    seed: int
    seconds: float
    steps: list[str]
    failures: list[str]
    figures: dict[str, Any]


class Campaign:
    """Runs seeds on one engine, for one time; its context ends what all runs share."""

    def __init__(self, folder: Path, *, engine: str, seconds: float, keep_databases: bool = False) -> None:
        """Make migrated databases in a folder, from which each run copies its own."""
        (folder / "templates").mkdir(mode=0o711)
        self._folder, self._templates = folder, Templates(folder / "templates", engine)
        self._buckets = BucketServer()
        self._seconds, self._engine = seconds, engine
        self._not_kept = shutil.ignore_patterns(*NOT_KEPT, *(() if keep_databases else ("data",)))

    def __enter__(self) -> Self:
        """Start what all runs share."""
        self._buckets.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._buckets.__exit__(kind, error, trace)

    def run_all(self, seeds: Sequence[int], hurt: str, jobs: int, say: Say) -> list[SeedReport]:
        """Run seeds, `jobs` of them at the same time."""

        def run(seed: int) -> SeedReport:
            report = self.run(seed, hurt, say)
            for each in report.failures:
                say(f"{seed:6}  FAILED: {each}")
            return report

        with ThreadPoolExecutor(jobs) as threads:
            return list(threads.map(run, seeds))

    def run(self, seed: int, hurt: str, say: Say) -> SeedReport:
        """Run one seed, hurting "two" or "all" gatherers, and keep its evidence if it fails."""
        place = self._folder / f"seed-{seed}"
        place.mkdir(mode=0o711)
        lines: list[str] = []

        def note(text: str) -> None:
            lines.append(text)
            say(f"{seed:6}  {text}")

        began = time.monotonic()
        failures, figures = self._outcome(place, seed, hurt, note)
        report = SeedReport(seed, round(time.monotonic() - began, 1), lines, failures, figures)
        shutil.rmtree(place, ignore_errors=True)
        return report

    def _outcome(self, place: Path, seed: int, hurt: str, note: Say) -> tuple[list[str], dict[str, Any]]:
        failures: list[str] = []
        figures: dict[str, Any] = {}
        plan = make_plan(seed, self._seconds, hurt)

        def keep(found: Sequence[str]) -> None:
            """Keep the evidence while the disks of the run are there."""
            kept = KEPT / f"{hurt}-{self._engine}-{seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(place, kept, ignore=self._not_kept, ignore_dangling_symlinks=True)
            (kept / "failures.txt").write_text("\n".join(found) + "\n")
            note(f"evidence: {kept}")

        try:
            outcome = run_plan(place, self._templates, self._buckets, plan, note, keep)
            failures, figures = list(outcome.failures), dict(outcome.figures)
        except Exception:  # one seed must not end the others
            failures = [traceback.format_exc()]
        return failures, figures
