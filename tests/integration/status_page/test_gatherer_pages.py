"""The pages of a gatherer: its counters and database, and the frames in quarantine, which anyone may have sent."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.gatherer.status_page.pages import make_status_page
from kalshi_data.service.health import HealthReport, Reason, Severity
from kalshi_data.status_page.site import StatusPage
from tests.integration.gatherer.test_health import settings
from tests.integration.gatherer.test_status import beat
from tests.integration.status_page.test_deduplicator_pages import page
from tests.support.engines import Database, Engine
from tests.support.patient_pages import patient_pages
from tests.support.shown_platform import SCRIPT

REASON = Reason(Severity.DEGRADED, "lag", f"trades late {SCRIPT}")
NOW = datetime.now(UTC)
CONNECTION = """
insert into capture.connections (connection_id, name, url, use_yes_price, opened_at, closed_at, close_reason)
values (%s, %s, 'wss://', false, %s, %s, %s)
"""
SUBSCRIPTION = """
insert into capture.subscriptions (connection_id, sid, channel, market_ticker, began_at, ended_at)
values (1, 1, 'orderbook_delta', %s, %s, %s)
"""
GAP = """
insert into capture.gaps (
    frame_number, connection_id, sid, channel, seq_expected, seq_received, began_at, detected_at
) values (7, 1, 1, 'orderbook_delta', 1005, 1009, %s, %s)
"""
QUARANTINE = """
insert into capture.quarantine (
    connection_id, frame_number, received_at, reason, frame, frame_bytes, frame_sha256
) values (1, %s, %s, %s, %s, %s, %s)
"""
BAD = f'{{"type": "{SCRIPT}"}}'.encode() + b"\xff\x00" + b"x" * 400


def fill_capture(kalshi_ts: Database) -> None:
    with kalshi_ts.connect("gatherer") as connection:
        connection.execute(CONNECTION, (1, "books-1", NOW, None, None))
        connection.execute(CONNECTION, (2, "trade-1", NOW, NOW, f"refused {SCRIPT}"))
        for market in ("KXA-1", "KXA-2", SCRIPT):
            connection.execute(SUBSCRIPTION, (market, NOW, None))
        connection.execute(SUBSCRIPTION, ("KXA-3", NOW, NOW))
        connection.execute(GAP, (NOW, NOW))
        digest = hashlib.sha256(BAD).digest()
        for number in range(40):
            connection.execute(QUARANTINE, (number, NOW, f"not JSON {SCRIPT}", BAD, len(BAD), digest))


def chosen(kalshi_ts: Database, folder: Path) -> GathererSettings:
    made = settings(kalshi_ts)
    made.frame_log.folder = folder
    return made


def counted() -> Counters:
    counters = Counters(connections_wanted=8, connections_up=7, markets_subscribed=3, markets_wanted=4)
    counters.frames.update({SCRIPT: 5, "trade": 10})
    counters.committed_rows["trades"] = 1234
    counters.book_checks["equal"] = 9
    counters.quarantined["undecodable"] = 40
    counters.refused["trade-1"] = f"code 6: {SCRIPT}"
    counters.refused_markets[SCRIPT] = "code 18: unknown"
    return counters


@pytest.fixture(scope="module")
def kalshi_ts(engine: Engine) -> Iterator[Database]:
    """A gatherer's database for all tests here, which only read it."""
    with engine.database("kalshi_ts") as database:
        fill_capture(database)
        beat(database, 0)
        yield database


@pytest.fixture(scope="module")
def frame_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    (folder / "frames-00000000000000000001.zst").write_bytes(b"x" * 2_000)
    (folder / "frames-00000000000000000500.zst").write_bytes(b"x" * 70)
    return folder


@pytest.fixture(scope="module")
def site(kalshi_ts: Database, frame_log: Path) -> Iterator[StatusPage]:
    with patient_pages():
        site = make_status_page(chosen(kalshi_ts, frame_log), counted(), lambda: HealthReport((REASON,)))
        yield site
        site.close()


def test_the_overview_has_counters_and_what_the_database_holds(site: StatusPage) -> None:
    shown = page(site, "/")
    assert shown.facts["connections"] == ["7 of 8"]
    assert shown.facts["gaps today"] == ["1"]
    assert shown.facts["not repaired"] == ["1"]
    assert shown.facts["in quarantine since the start"] == ["40"]
    assert shown.row("trade") == ["trade", "10"]
    assert shown.row(SCRIPT) == [SCRIPT, "5"]
    assert shown.row("trades")[1] == "1,234"


def test_connections_are_listed_with_what_they_cover(site: StatusPage) -> None:
    shown = page(site, "/connections")
    assert shown.row("books-1", "open")[5:] == ["3", "orderbook_delta"]
    assert shown.row("trade-1", f"refused {SCRIPT}")[5:] == ["0", "-"]
    assert shown.row("books-1", "orderbook_delta")[4:] == ["1,005", "1,009", "no"]
    assert f"code 6: {SCRIPT}" in shown.words


def test_books_are_found_by_the_beginning_of_their_ticker(site: StatusPage) -> None:
    shown = page(site, "/books")
    assert [row[0] for row in shown.rows[1:]] == [SCRIPT, "KXA-1", "KXA-2"]
    assert shown.facts["compared, equal"] == ["9 since the start"]
    assert [row[0] for row in page(site, "/books?market=KXA-2").rows[1:]] == ["KXA-2"]
    assert "No book of this name is covered." in page(site, "/books?market=KXA-3").words


def test_the_frame_log_is_listed_by_segments(site: StatusPage, kalshi_ts: Database, frame_log: Path) -> None:
    shown = page(site, "/frame-log")
    assert [row[1:3] for row in shown.rows[1:]] == [["500", "70 B"], ["1", "2.0 kB"]]
    # It is read without the database.
    away = chosen(kalshi_ts, frame_log)
    away.databases.kalshi_ts.conninfo = "host=/nonexistent dbname=kalshi_ts"
    alone = make_status_page(away, counted(), lambda: HealthReport((REASON,)))
    assert page(alone, "/frame-log").facts["segments"] == ["2"]
    overview = page(alone, "/")
    assert "The database does not answer: " in overview.words
    assert overview.facts["connections"] == ["7 of 8"]
    assert "The database does not answer" in page(alone, "/books", 503).words


def test_frames_in_quarantine_are_shown_as_text_that_does_nothing(site: StatusPage) -> None:
    shown = page(site, "/quarantine")
    numbers = [int(row[0]) for row in shown.rows[1:]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 30
    assert all(row[2] == f"not JSON {SCRIPT}" for row in shown.rows[1:])
    (earlier,) = [link for link in shown.links if "before=" in link]
    assert [int(row[0]) for row in page(site, earlier).rows[1:]] == list(range(numbers[-1] - 1, numbers[-1] - 11, -1))
    frame = page(site, f"/quarantine/frame?id={numbers[0]}")
    # A NUL would be another character in a browser.
    assert f'{{"type": "{SCRIPT}"}}\\xff\\x00xxx' in frame.words
    assert hashlib.sha256(BAD).hexdigest() in frame.words
    assert frame.facts["length"] == [f"{len(BAD)} B"]
    assert "or it was deleted at its age" in page(site, "/quarantine/frame?id=999999", 404).words
