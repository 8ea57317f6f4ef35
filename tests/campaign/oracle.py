"""What must hold when a run has ended: by the exchange's journal alone, and by what production says of itself."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kalshi_data.database.connection import connect, query
from kalshi_data.demo.processes import ProgramFailed, run_to_end
from kalshi_data.demo.summary import merged_rows, received_rows
from kalshi_data.simulator.lost_messages import LostMessage, list_lost
from kalshi_data.simulator.verification import VERIFIED_STREAMS, StreamCounts, count_books, count_stream, load_journal
from tests.campaign.bucket import ENVIRONMENT
from tests.campaign.growth import grown, left_behind
from tests.campaign.performing import Performer, ended_by_themselves
from tests.campaign.plan import GATHERERS
from tests.campaign.platform import CampaignPlatform
from tests.campaign.programs import is_running

LIVE_SECONDS_MAX = 120.0
POLL_SECONDS = 0.2
MINUTES_MAX, MARKETS_MAX = 1_440, 100_000
SNAPSHOTS = "orderbook_snapshots"
# All hours are written; one could not be written, and the next export does it; killed.
EXPORTED = (0, 1, -signal.SIGKILL)
# Streams whose minutes production classifies.
CLASSIFIED = ("orderbook_deltas", "trades", "tickers", "lifecycle_events")


class Outcome(NamedTuple):
    """What a run came to: each failure in a line, and figures of it."""

    failures: list[str]
    figures: Mapping[str, Any]


def await_liveness(platform: CampaignPlatform, performer: Performer) -> Iterator[str]:
    """Wait until all is well again; yield what is not after two minutes."""
    deadline = time.monotonic() + LIVE_SECONDS_MAX
    while (sick := list(_unwell(platform))) and time.monotonic() < deadline:
        performer.keep()
        time.sleep(POLL_SECONDS)
    yield from (f"{LIVE_SECONDS_MAX:g} s after the last fault {each}" for each in sick)


def _unwell(platform: CampaignPlatform) -> Iterator[str]:
    sick = list(_unhealthy(platform))
    yield from sick or grown(platform)


def _unhealthy(platform: CampaignPlatform) -> Iterator[str]:
    for number in (0, *GATHERERS):
        if reasons := platform.reasons(number):
            yield f"{platform.program(number).name} is not healthy: {reasons}"
    for each in platform.exports:
        if is_running(each):
            yield f"{each.name} has not ended"


def await_merge(platform: CampaignPlatform, performer: Performer) -> Iterator[str]:
    """Wait until production has polled all that gatherers hold; yield what it has not after two minutes."""
    deadline = time.monotonic() + LIVE_SECONDS_MAX
    while missing := list(_unmerged(platform)):
        if time.monotonic() > deadline:
            yield from missing
            return
        performer.keep()
        time.sleep(POLL_SECONDS)


def _unmerged(platform: CampaignPlatform) -> Iterator[str]:
    merged = merged_rows(platform.production.server)
    for number, server in platform.servers.items():
        held = received_rows(server.server)
        for stream in (*VERIFIED_STREAMS, "book_checks"):
            polled = merged.get((stream, number), (0,))[0]
            if polled < held[stream]:
                yield f"{held[stream] - polled} of {held[stream]} rows of {stream} of gatherer {number} are not merged"


def judge(platform: CampaignPlatform, say: Callable[[str], None]) -> Outcome:
    """Compare production and the archive with the journal, after all programs have ended."""
    failures = [*ended_by_themselves(platform), *failed_exports(platform)]
    say("comparing production with the journal")
    with connect(platform.production.server.conninfo("kalshi"), application_name="campaign") as connection:
        connection.execute(query("verification/end_recording"))
        connection.execute(
            query("verification/judge_minutes"), {"minutes_max": MINUTES_MAX, "markets_max": MARKETS_MAX}
        )
        load_journal(connection, platform.journal, keep_withheld=True)
        books, wrong_books = count_books(connection)
        counts: dict[str, StreamCounts] = {}
        lost: list[LostMessage] = []
        for stream in VERIFIED_STREAMS:
            counts[stream] = count_stream(connection, stream)
            if stream != SNAPSHOTS:
                lost += list_lost(connection, stream)
    sent_at = first_sent_at(platform.journal)
    failures += _failures(platform, counts, lost, sent_at)
    if wrong_books and not any(each.connections for each in lost):
        failures.append(f"{wrong_books} of {books} books are wrong although nothing is lost")
    say("writing the archive and comparing it with production")
    failures += archive_differences(platform)
    failures += left_behind(platform)
    figures = {
        "published": sum(each.published for each in counts.values()),
        "lost": len(lost),
        "unknown": sum(is_unknown(each, sent_at) for each in lost),
        "books": books,
        "wrong_books": wrong_books,
    }
    return Outcome(failures, figures)


def _failures(
    platform: CampaignPlatform, counts: Mapping[str, StreamCounts], lost: list[LostMessage], sent_at: datetime
) -> Iterator[str]:
    yield from (f"{each.invented} of {stream} are invented" for stream, each in counts.items() if each.invented)
    if not sum(each.published for each in counts.values()):
        yield "nothing was published"
    unhurt = platform.plan.unhurt
    for each in lost:
        if unhurt and f"gatherer-{unhurt}" in each.clients:
            yield f"{each} is lost although gatherer {unhurt} was never hurt"
        if each.stream in CLASSIFIED and each.state != "gap" and not is_unknown(each, sent_at):
            yield f"{each} is lost in a minute that is not called a gap"


def is_unknown(lost: LostMessage, sent_at: datetime) -> bool:
    """Return whether it was not expected: it was sent to none, before any first message, or none followed its book."""
    is_of_unfollowed_book = lost.stream == "orderbook_deltas" and lost.state == "none"
    return not lost.connections and (is_of_unfollowed_book or lost.published_at <= sent_at)


def first_sent_at(journal: Path) -> datetime:
    """Return when the exchange first sent a message to any; production expects nothing before a first connection.

    Raises:
        StopIteration: it never did.
    """
    with journal.open("rb") as lines:
        messages = (msgspec.json.decode(line) for line in lines if b'"sent":' in line)
        first = next(each for each in messages if each["sent"])
    return datetime.fromtimestamp(first["published_ms"] / 1000, UTC)


def failed_exports(platform: CampaignPlatform) -> Iterator[str]:
    """Yield which exports ended otherwise than in order, without some hours, or killed."""
    for each in platform.exports:
        if (status := each.end()) not in EXPORTED:
            yield f"{each.name} ended with status {status}: {each.last_lines()}"


def archive_differences(platform: CampaignPlatform) -> Iterator[str]:
    """Write the archive; yield how it differs from production."""
    config = ("--config", str(platform.deduplicator_settings))
    try:
        run_to_end("export", ["deduplicator", "export", "--once", "--early", *config], within=ENVIRONMENT)
        run_to_end("verify", ["deduplicator", "archive", "verify", "--deep", "--json", *config], within=ENVIRONMENT)
    except ProgramFailed as error:
        yield f"the archive differs: {error}"
