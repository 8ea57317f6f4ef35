"""Carries out the steps of a plan at their times, and undoes each after its time."""

import heapq
import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

from kalshi_data.demo.processes import ProgramFailed, ProgramProcess, run_to_end
from tests.campaign.plan import DATABASES, LINES, Step
from tests.campaign.platform import CampaignPlatform
from tests.campaign.programs import KeptProgram, is_running
from tests.campaign.proxies import Line
from tests.campaign.release import Release
from tests.campaign.servers import HurtServer

Work = Callable[[], None]
TURN_SECONDS = 0.05


class Performer:
    """Carries out one plan."""

    def __init__(self, platform: CampaignPlatform, say: Callable[[str], None]) -> None:
        """Report each step with `say`."""
        self._platform = platform
        self._say = say
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, str, Work]] = []
        # How many faults hold a thing at the moment, by the fault and the thing.
        self._holds: Counter[tuple[str, int]] = Counter()
        self._release = Release(platform, self._after, self._migrate, say)

    def run(self, seconds: float) -> None:
        """Carry out all steps, and return when all faults are over and their time has passed."""
        began = time.monotonic()
        for step in self._platform.plan.steps:
            self._at(began + step.at_seconds, str(step), lambda step=step: self._carry_out(step))
        for number, at in self._platform.plan.late.items():
            program = self._platform.gatherers[number]
            self._at(began + at, f"{at:6.2f} s  gatherer {number} starts late", program.begin)
        while self._due or time.monotonic() < began + seconds:
            self._turn()

    def keep(self) -> None:
        """Let servers and programs that ended start again."""
        for server in (self._platform.production, *self._platform.servers.values()):
            server.keep()
        for program in self._platform.programs:
            program.keep()

    def _turn(self) -> None:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            _, _, text, work = heapq.heappop(self._due)
            if text:
                self._say(text)
            work()
        self.keep()
        time.sleep(TURN_SECONDS)

    def _at(self, moment: float, text: str, work: Work) -> None:
        heapq.heappush(self._due, (moment, next(self._numbers), text, work))

    def _after(self, seconds: float, work: Work) -> None:
        self._at(time.monotonic() + seconds, "", work)

    def _carry_out(self, step: Step) -> None:
        group, name = step.action.split()
        seconds = step.details.get("seconds", 0.0)
        if group in ("exchange", "everyone"):
            self._on_exchange(name, step)
        elif name in LINES:
            for line in self._lines(group, step.gatherer):
                self._on_line(name, line, seconds)
        elif name in (*DATABASES, "slow_disk"):
            server = self._platform.servers[step.gatherer] if step.gatherer else self._platform.production
            self._on_server(name, server, seconds)
        elif name in ("kill", "restart", "freeze"):
            self._on_program(name, self._platform.program(step.gatherer or 0), seconds)
        elif name == "migrate":
            self._migrate(step.gatherer or 0)
        elif name == "errors":
            bucket = self._platform.bucket
            self._hold("errors", bucket, bucket.fail, bucket.recover, seconds)
        elif name == "export":
            self._kill_after(self._platform.start_export(), seconds)
        elif name == "release":
            self._release.begin()
        elif name == "second_start":
            self._start_second(group, step.gatherer, seconds)
        elif name == "step_clock":
            self._step_clock(step.gatherer or 0, step.details["step_seconds"], seconds)
        else:
            self._rebuild(step.gatherer or 0, seconds)

    def _on_exchange(self, name: str, step: Step) -> None:
        client = {"client": f"gatherer-{step.gatherer}"} if step.gatherer else {}
        if not self._platform.fault(name, {**step.details, **client}):
            self._say("          it has no connection at the moment")

    def _lines(self, group: str, number: int | None) -> Sequence[Line]:
        if group == "feed":
            return self._platform.feeds[number or 0]
        if group == "bucket":
            return [self._platform.bucket.line]
        return [self._platform.polls[number or 0] if group == "poll" else self._platform.production_line]

    def _on_line(self, name: str, line: Line, seconds: float) -> None:
        if name == "cut":
            line.cut()
        else:
            self._hold("stall", line, line.stall, line.resume, seconds)

    def _on_program(self, name: str, program: KeptProgram, seconds: float) -> None:
        begin, undo = {
            "kill": (program.kill, program.release),
            "restart": (program.stop, program.release),
            "freeze": (program.freeze, program.thaw),
        }[name]
        begin()
        self._after(seconds, undo)

    def _on_server(self, name: str, server: HurtServer, seconds: float) -> None:
        if name in ("kill_database", "restart_database"):
            down = server.kill if name == "kill_database" else server.stop
            self._hold("down", server, lambda: self._down(server, down), server.start, seconds)
        elif name == "full_disk":
            self._hold("full", server, server.fill_disk, server.empty_disk, seconds)
        elif name == "freeze_database":
            self._hold("frozen", server, server.freeze, server.thaw, seconds)
        elif name == "slow_disk":
            self._hold("slow", server, server.slow_down, server.speed_up, seconds)
        else:
            self._hold("read-only", server, server.forbid_writes, server.allow_writes, seconds)

    def _hold(self, what: str, thing: object, begin: Work, undo: Work, seconds: float) -> None:
        """Begin a fault, and undo it once no other one of its kind holds the same thing."""
        key = (what, id(thing))
        self._holds[key] += 1
        if self._holds[key] == 1:
            begin()

        def release() -> None:
            self._holds[key] -= 1
            if not self._holds[key]:
                undo()

        self._after(seconds, release)

    @staticmethod
    def _down(server: HurtServer, down: Work) -> None:
        # A frozen server cannot end in order, and a killed one must not leave frozen processes.
        server.thaw()
        down()

    def _step_clock(self, number: int, step_seconds: float, seconds: float) -> None:
        file = self._platform.clock_file(number)
        file.write_text(str(step_seconds))

        def set_right() -> None:
            file.write_text("0")

        self._hold("clock", self._platform.gatherers[number], lambda: None, set_right, seconds)

    def _kill_after(self, process: ProgramProcess, seconds: float) -> None:
        self._after(seconds, lambda: process.kill() if is_running(process) else None)

    def _migrate(self, number: int) -> None:
        program = "gatherer" if number else "deduplicator"
        try:
            run_to_end(f"{program} migrate", [program, "migrate", "--config", str(self._platform.settings_of(number))])
        except ProgramFailed as error:
            # Its database may be down; nothing is to be migrated.
            self._say(f"          {str(error).splitlines()[-1]}")

    def _start_second(self, program: str, number: int | None, seconds: float) -> None:
        beside = self._platform.start_beside(program, number)
        self._after(seconds + 1.0, lambda: beside.signal(signal.SIGTERM) if is_running(beside) else None)

    def _rebuild(self, number: int, seconds: float) -> None:
        """Lose all that a gatherer's databases hold, and make them again, as the host of a lost one is made."""
        program, server = self._platform.gatherers[number], self._platform.servers[number]
        if server.is_disk_full:
            self._say("          its disk is full")
            return
        program.kill()
        # Other faults may hold it down; then it is up again before they end, which changes nothing.
        if server.runs:
            self._down(server, server.kill)
        self._platform.templates.rebuild("gatherer", server.server)
        server.runs = True
        config = str(self._platform.gatherer_settings(number))
        run_to_end("gatherer migrate", ["gatherer", "migrate", "--config", config])
        self._after(seconds, program.release)


def ended_by_themselves(platform: CampaignPlatform) -> list[str]:
    """Return how programs ended without being asked to."""
    return [each for program in platform.programs for each in program.ends]
