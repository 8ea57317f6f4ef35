"""Runs one seed: starts a platform, hurts it, lets it recover, and judges what is left."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.campaign.bucket import BucketServer
from tests.campaign.oracle import Outcome, await_liveness, await_merge, judge
from tests.campaign.performing import Performer
from tests.campaign.plan import Plan
from tests.campaign.platform import CampaignPlatform
from tests.campaign.reader import PollingReader
from tests.campaign.servers import Templates

# How long the exchange trades on after all is well.
CALM_SECONDS = 1.5


def run_plan(
    folder: Path,
    templates: Templates,
    buckets: BucketServer,
    plan: Plan,
    say: Callable[[str], None],
    keep: Callable[[Sequence[str]], None],
) -> Outcome:
    """Run a plan in a folder; if it fails, `keep` is called while the folder holds all evidence.

    Raises:
        Exception: a part could not be started, or ended too early.
    """
    platform = CampaignPlatform(folder, templates, buckets, plan)
    failures = ["it did not come to its end"]
    try:
        say("starting " + " ".join(plan.exchange) + (f"; gatherer {plan.unhurt} is not hurt" if plan.unhurt else ""))
        with PollingReader(platform.production) as reader:
            unwell = list(_live(platform, say))
        vanished = list(reader.vanished())
        outcome = judge(platform, say)
        failures = [*unwell, *vanished, *outcome.failures]
        return Outcome(failures, {**outcome.figures, "polls": reader.polls})
    finally:
        if failures:
            keep(failures)
        platform.close()


def _live(platform: CampaignPlatform, say: Callable[[str], None]) -> Iterator[str]:
    """Start, hurt and end a platform; yield what is not well after the last fault."""
    platform.start()
    performer = Performer(platform, say)
    performer.run(platform.plan.seconds)
    say("all faults are over")
    yield from await_liveness(platform, performer)
    time.sleep(CALM_SECONDS)
    platform.exchange.signal(signal.SIGUSR1)
    platform.until("finished")
    for program in platform.gatherers.values():
        program.end()
    yield from await_merge(platform, performer)
    platform.deduplicator.end()
    platform.exchange.stop()
