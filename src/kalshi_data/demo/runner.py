"""Run the demo: start everything, let markets trade, merge the rest, compare production with the journal."""

import time

from kalshi_data.demo.archive import export_and_verify
from kalshi_data.demo.display import RunDisplay
from kalshi_data.demo.pages import describe_pages
from kalshi_data.demo.plan import DemoPlan
from kalshi_data.demo.platform import Platform
from kalshi_data.demo.processes import ProgramFailed
from kalshi_data.demo.summary import VERIFIED_STREAMS, RunSummary, compare, judge_minutes, merged_rows, received_rows

SUBSCRIBE_SECONDS_MAX = 60
DRAIN_SECONDS_MAX = 120
POLL_SECONDS = 0.5
# What the result is made of.
DRAINED_STREAMS = (*VERIFIED_STREAMS, "book_checks")


def run_demo(platform: Platform, plan: DemoPlan, display: RunDisplay) -> RunSummary:
    """Run the platform by a plan and return the counts.

    Raises:
        KalshiDataError: if a part does not start, or fails.
    """
    display.step("starting four PostgreSQL servers")
    platform.start_databases()
    display.step("starting the exchange and migrating all databases")
    platform.start_exchange(plan)
    platform.migrate()
    display.step("three gatherers subscribe")
    platform.start_programs()
    display.note(f"status page while the demo runs: {describe_pages(platform.status_pages)}")
    play(platform, plan.seconds, display, plan.activity)
    if plan.audit_seconds:
        display.step(f"the gatherers ask for each book once more, within {plan.audit_seconds} s")
        await_last_audits(platform, plan.audit_seconds)
    display.step("stopping the gatherers")
    for program in platform.gatherers.values():
        program.stop()
    display.step("the deduplicator merges the rest")
    drain(platform)
    platform.deduplicator.stop()
    # The journal gets the last messages, snapshots that gatherers requested, when the exchange ends.
    platform.exchange.stop()
    # The archive holds what is known of each minute, the last ones included.
    judged = judge_minutes(platform.production)
    display.step("writing the archive, and comparing each of its rows with production")
    archive = export_and_verify(platform)
    display.step("comparing production with the exchange's journal")
    return compare(platform.production, platform.gatherer_servers, platform.journal, judged, archive, plan.audits)


def play(platform: Platform, seconds: float, display: RunDisplay, activity: str) -> None:
    """Show progress until the exchange has published everything.

    Raises:
        ProgramFailed: if a program ends, or the exchange does not finish in time.
    """
    deadline = time.monotonic() + SUBSCRIBE_SECONDS_MAX + seconds
    total = done = 0
    unit = "frames"
    while True:
        platform.require_running()
        if time.monotonic() > deadline:
            raise ProgramFailed("the exchange did not finish in time")
        event = platform.exchange.next_event(POLL_SECONDS)
        if event is None or event["event"] == "waiting":
            continue
        deadline = time.monotonic() + SUBSCRIBE_SECONDS_MAX + seconds
        if event["event"] == "started":
            total, unit = event["total"], event["unit"]
            display.step(activity)
        if event["event"] == "finished":
            display.advance(total, total, unit, rows_held(platform))
            return
        done = event["done"] if event["event"] == "progress" else done
        display.advance(done, total, unit, rows_held(platform))


def rows_held(platform: Platform) -> int:
    """Return how many rows production holds."""
    return sum(counts[1] for counts in merged_rows(platform.production).values())


def await_last_audits(platform: Platform, audit_seconds: float) -> None:
    """Wait for a round of audits, which proves the changes since the round before it.

    Raises:
        ProgramFailed: if a program ends.
    """
    deadline = time.monotonic() + audit_seconds + POLL_SECONDS
    while time.monotonic() < deadline:
        platform.require_running()
        time.sleep(POLL_SECONDS)


def drain(platform: Platform) -> None:
    """Wait until the deduplicator has polled all rows that the gatherers hold.

    Raises:
        ProgramFailed: the deduplicator ended, or merged nothing more for too long.
    """
    received = {number: received_rows(server) for number, server in platform.gatherer_servers.items()}
    wanted = {(stream, number): rows[stream] for number, rows in received.items() for stream in DRAINED_STREAMS}
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    before = None
    while True:
        merged = merged_rows(platform.production)
        if merged != before:
            before, deadline = merged, time.monotonic() + DRAIN_SECONDS_MAX
        if all(merged.get(key, (0,))[0] >= rows for key, rows in wanted.items()):
            return
        platform.deduplicator.require_running()
        if time.monotonic() > deadline:
            raise ProgramFailed(f"the deduplicator does not catch up:\n{platform.deduplicator.last_lines()}")
        time.sleep(POLL_SECONDS / 5)
