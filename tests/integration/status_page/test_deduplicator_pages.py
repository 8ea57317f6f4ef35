"""The pages of the deduplicator: they show what SQL says, escape what came from outside, and starve nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.status_page.pages import make_status_page
from kalshi_data.service.health import Endpoint, HealthReport, HealthServer, Reason, Severity
from kalshi_data.service.listener import HttpRequest
from kalshi_data.service.metrics import make_registry
from kalshi_data.status_page import sessions
from kalshi_data.status_page.site import HEADERS, StatusPage
from tests.support.coverage import at
from tests.support.engines import Database, Engine
from tests.support.page_text import PageText
from tests.support.patient_pages import patient_pages
from tests.support.shown_platform import DAY, MARKETS, SCRIPT, fill_production
from tests.support.staging import settings
from tests.unit.service.test_health import free_port, get

REASON = Reason(Severity.DEGRADED, "lag", f"trades late {SCRIPT}")
PATHS = ("/", "/completeness", "/gaps", "/gaps/evidence", "/archive", "/book", "/day")
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def production(engine: Engine) -> Iterator[Database]:
    """A production for all tests here, which only read it."""
    with engine.database("production") as database:
        fill_production(database)
        yield database


@pytest.fixture(scope="module")
def site(production: Database) -> Iterator[StatusPage]:
    with patient_pages():
        site = make_status_page(settings(production, [production]), lambda: HealthReport((REASON,)))
        yield site
        site.close()


def page(site: StatusPage, target: str, status: int = 200) -> PageText:
    answer = site.answer(HttpRequest(target))
    text = answer.body.decode()
    assert answer.status == status, text
    assert answer.content_type == "text/html; charset=utf-8"
    assert HEADERS.items() <= answer.headers.items()
    assert "<script>alert" not in text
    found = PageText(text)
    assert found.scripts == ["/static/refresh.js"]
    # No address leads to another host.
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in found.links)
    assert f"trades late {SCRIPT}" in found.words
    return found


def test_the_overview_shows_gatherers_side_by_side(site: StatusPage) -> None:
    shown = page(site, "/")
    assert shown.labels.count("Gatherer 1") == shown.labels.count("Gatherer 2") == 1
    assert shown.facts["connections"] == ["7 of 8"] * 2
    assert shown.facts["frames"] == ["1,234 /s"] * 2
    assert shown.facts["received first"] == ["25.0 % of the sample of a day", "50.0 % of the sample of a day"]
    assert shown.facts["it alone"] == ["5.0 % 20 rows", "0 % 0 rows"]
    assert shown.facts["missed"] == ["2.5 % 10 rows"] * 2
    assert shown.facts["lag"] == ["0.5 s 12 rows wait"] * 2
    assert shown.row("trades", "1", "12")[:9] == ["trades", "1", "12", "0.5 s", "40", "1,500", "1,000", "500", "0"]
    assert f"cannot be read: {SCRIPT}" in shown.words
    assert f"5 s {SCRIPT}" in shown.words


def test_completeness_is_shown_as_sql_has_it(site: StatusPage, production: Database) -> None:
    shown = page(site, f"/completeness?day={DAY}")
    with production.connect() as connection:
        asked = {"market": None, "from_at": DAY, "until_at": DAY + timedelta(days=1), "cells": 1}
        minutes = {
            (stream, state): count
            for stream, state, _, count in connection.execute(query("production/completeness/read_minutes"), asked)
        }
    total = sum(count for (stream, _), count in minutes.items() if stream == "orderbook_deltas")
    assert minutes["orderbook_deltas", "gap"] > 0
    gap = f"{100 * minutes['orderbook_deltas', 'gap'] / total:.1f} %"
    assert shown.row("orderbook_deltas")[1] == f"{total:,.0f}"
    assert shown.row("orderbook_deltas")[7] == gap
    # The series with the most minutes in gaps comes first.
    assert next(row[0] for row in shown.rows if row[0] in ("KXA", "KXB", SCRIPT)) == "KXA"
    assert shown.row("KXA")[1] == "2"
    (label,) = [label for label in shown.labels if label.startswith("KXA: ")]
    assert f"{minutes['orderbook_deltas', 'gap'] * 2 / 4:,.0f} minutes gap" in label


def test_markets_are_found_by_a_part_of_their_ticker(site: StatusPage) -> None:
    def names(target: str) -> list[str]:
        rows = page(site, target).rows
        return [row[0].split(" ")[0] for row in rows if row[0].split(" ")[0] in MARKETS]

    assert sorted(names(f"/completeness?day={DAY}&by=market")) == sorted(MARKETS)
    assert names(f"/completeness?day={DAY}&series=KXB") == ["KXB-1"]
    assert names(f"/completeness?day={DAY}&search=ert%281") == [SCRIPT]
    assert names(f"/completeness?day={DAY}&search=%25") == []
    nothing = page(site, f"/completeness?day={DAY}&search=nothing%00".replace("%00", ""))
    assert "No order book of this day matches." in nothing.words


def test_gaps_lead_to_their_evidence(site: StatusPage) -> None:
    shown = page(site, f"/gaps?day={DAY}")
    lost = [row for row in shown.rows if row[:2] == ["KXA-1", "orderbook_deltas"]]
    # The newest first: after the end of all coverage, and between the two times of coverage.
    assert [row[4] for row in lost] == ["10", "5"]
    assert shown.row("1", "orderbook_delta")[4:] == ["5", "9", f"snapshot, {at(32):%Y-%m-%d %H:%M:%S}"]
    links = [link for link in shown.links if "evidence" in link and "market=KXA-1&" in link]
    evidence = page(site, links[-1])
    assert "some of it is lost" in evidence.words
    assert [row[1] for row in evidence.rows if row[0] == "coverage"].count("1") == 2
    assert "end_reason gap" in evidence.words
    link = next(link for link in shown.links if "evidence" in link and "script" in link)
    assert f"Evidence for {SCRIPT}" in page(site, link).words


def test_the_archive_is_a_calendar_of_hours(site: StatusPage) -> None:
    shown = page(site, f"/archive?day={DAY}")
    (row,) = [row for row in shown.rows if row[:2] == ["trades", "2 of 24"]]
    assert row[2:4] == ["333", "6.0 kB"]
    assert f"no space {SCRIPT}" in shown.words
    assert "The archive has no hour of these days." in page(site, "/archive?day=2022-01-01").words


def test_a_book_is_a_ladder_of_what_sql_rebuilds(site: StatusPage) -> None:
    shown = page(site, f"/book?market=KXA-1&at={at(2):%Y-%m-%dT%H:%M:%S}")
    assert shown.row("", "0.45")[2] == "7.5"
    assert shown.row("15", "0.42")[2] == ""
    assert "spread 0.03" in shown.words
    assert "Bids: 15 contracts at 1 price. Asks: 7.5 at 1." in shown.words


def test_a_book_that_is_not_known_is_not_empty(site: StatusPage) -> None:
    shown = page(site, f"/book?market=KXA-1&at={at(-60):%Y-%m-%dT%H:%M:%S}")
    assert "its book is not known" in shown.words
    assert "the book is empty" not in shown.words
    choices = page(site, "/book?market=kxa")
    assert [row[0] for row in choices.rows if row[0] in MARKETS] == ["KXA-1", "KXA-2"]


def test_a_day_has_quotes_and_trades_in_steps(site: StatusPage) -> None:
    shown = page(site, f"/day?market=KXB-1&day={DAY}")
    first = shown.row("12:00")
    assert first[1:9] == ["0.42", "0.45", "10", "20.5", "0.43", "0.43", "2.5", "1"]
    assert len([row for row in shown.rows if row[0][:3] in ("12:", "13:")]) == 18
    assert f"The day of {SCRIPT}" in page(site, f"/day?market=%3Cscript%3Ealert%281%29%3C%2Fscript%3E&day={DAY}").words


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ("/completeness?day=yesterday", "day: write a day such as 2026-11-02"),
        ("/completeness?day=0001-01-01", "day: write a day such as 2026-11-02"),
        ("/completeness?by=colour", "by: choose one of series, market"),
        ("/completeness?page=-1", "page: write a whole number from 0 to 10,000"),
        ("/completeness?page=99999", "page: write a whole number from 0 to 10,000"),
        ("/completeness?search=%00", "search: write at most 200 characters, and no NUL"),
        (f"/book?market={'x' * 201}", "market: write at most 200 characters, and no NUL"),
        ("/book?market=a&at=9999-12-31T23:59:59-23:00", "at: write a time in UTC"),
        (f"/?{'x' * 2_001}", "the address has more than 2,000 characters"),
        ("/?a=%ff", "the address is not to be read"),
        ("/gaps/evidence?from=2026-11-02&until=2026-11-04", "at most a day later"),
    ],
)
def test_parameters_are_bounded(site: StatusPage, target: str, advice: str) -> None:
    assert advice in page(site, target, 400).words


def test_pages_are_read_as_a_role_that_can_change_nothing(production: Database) -> None:
    own = sessions.ReadSessions(production.conninfo("deduplicator"), "test")
    with own.read() as reader:
        row = reader.row(b"select current_user as role, current_setting('transaction_read_only') as read_only")
    assert row == {"role": "status_page", "read_only": "on"}
    refusals = {
        b"select * from ops.rejected_rows": psycopg.errors.InsufficientPrivilege,
        b"insert into ops.gaps default values": psycopg.errors.ReadOnlySqlTransaction,
        b"set transaction read write": psycopg.errors.ActiveSqlTransaction,
    }
    for statement, refusal in refusals.items():
        with own.read() as reader:
            reader.row(b"select 1 as one")
            with pytest.raises(refusal):
                reader.rows(statement)
    own.close()


def test_pages_that_wait_keep_no_one_from_health(production: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than there are sessions wait for a lock; the others are refused at once, and health is answered."""
    monkeypatch.setattr(sessions, "WAIT_SECONDS_MAX", 0.1)
    monkeypatch.setitem(sessions.LIMITS, "lock_timeout", "300ms")
    site = make_status_page(settings(production, [production]), HealthReport)
    server = HealthServer(Endpoint(port=free_port()), HealthReport, make_registry(lambda: ()), site)
    server.start()
    try:
        with production.connect() as locking, ThreadPoolExecutor(8) as clients:
            with locking.transaction():
                locking.execute("lock table ops.heartbeats in access exclusive mode")
                asked = [clients.submit(get, server, "/") for _ in range(8)]
                for _ in range(20):
                    assert get(server, "/health")[0].status == 200
                    assert get(server, "/metrics")[0].status == 200
                answers = [each.result() for each in asked]
            statuses = [response.status for response, _ in answers]
            assert statuses == [503] * 8
            busy = [body for _, body in answers if "other pages are being read" in body]
            assert len(busy) >= 8 - 2 * sessions.SESSIONS_MAX
            assert all(response.headers["Retry-After"] == "2" for response, _ in answers)
        assert get(server, "/")[0].status == 200
    finally:
        server.stop()


def test_production_that_is_away_is_a_page_with_the_health(production: Database) -> None:
    chosen = settings(production, [production])
    chosen.production.runtime.conninfo = "host=/nonexistent dbname=kalshi"
    site = make_status_page(chosen, lambda: HealthReport((REASON,)))
    for path in PATHS:
        assert "The database does not answer" in page(site, path, 503).words
