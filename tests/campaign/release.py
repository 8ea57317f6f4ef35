"""A rolled release: programs are stopped, migrated and started one after another, as a rollout does it on hosts."""

import time
from collections.abc import Callable

from tests.campaign.plan import GATHERERS
from tests.campaign.platform import CampaignPlatform
from tests.campaign.programs import STOP_SECONDS_MAX, is_running

CHECK_SECONDS = 0.2
# What does not stop is killed before that.
ENDED_SECONDS_MAX = STOP_SECONDS_MAX + 5
# A host that is not healthy by then ends the release.
HEALTHY_SECONDS_MAX = 10.0
Work = Callable[[], None]


class Release:
    """Goes from one program to the next once the one before is healthy."""

    def __init__(
        self,
        platform: CampaignPlatform,
        after: Callable[[float, Work], None],
        migrate: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        """`after` does something some seconds later, and `migrate` migrates a program's databases; 0 is the last."""
        self._platform = platform
        self._after = after
        self._migrate = migrate
        self._say = say
        self._waiting: list[int] = []

    def begin(self) -> None:
        """Begin with the first gatherer that may be hurt, unless a release is under way."""
        if self._waiting:
            self._say("          a release is under way")
            return
        self._waiting = [*(each for each in GATHERERS if each != self._platform.plan.unhurt), 0]
        self._stop_next()

    def _stop_next(self) -> None:
        if self._waiting:
            program = self._platform.program(self._waiting[0])
            program.stop()
            self._once(lambda: not (program.process and is_running(program.process)), ENDED_SECONDS_MAX, self._start)

    def _start(self) -> None:
        number = self._waiting[0]
        self._migrate(number)
        self._platform.program(number).release()
        self._once(lambda: not self._platform.reasons(number), HEALTHY_SECONDS_MAX, self._go_on)

    def _go_on(self) -> None:
        del self._waiting[0]
        self._stop_next()

    def _once(self, holds: Callable[[], bool], seconds_max: float, work: Work) -> None:
        """Do `work` once something holds; if it does not in time, the release ends."""
        deadline = time.monotonic() + seconds_max

        def look() -> None:
            if holds():
                work()
            elif time.monotonic() < deadline:
                self._after(CHECK_SECONDS, look)
            else:
                self._give_up()

        look()

    def _give_up(self) -> None:
        number = self._waiting[0]
        self._say(f"          the release ends at {self._platform.program(number).name}")
        self._waiting = []
