"""What a status page does with any request: whose it answers, what it lets a browser do, how values look."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalshi_data.service.health import Endpoint, HealthReport, HealthServer
from kalshi_data.service.listener import HttpRequest
from kalshi_data.service.metrics import make_registry
from kalshi_data.status_page import shown
from kalshi_data.status_page.drawings import fitted_scale, runs, steps_path
from kalshi_data.status_page.parameters import BadParameter, Parameters
from kalshi_data.status_page.sessions import PageReader
from kalshi_data.status_page.site import HEADERS, PageContext, PageView, StatusPage
from tests.unit.service.test_health import free_port

STATES = st.lists(st.sampled_from(["gap", "proven", "idle", None]), max_size=30)


def echo(reader: PageReader, parameters: Parameters) -> PageContext:
    del reader
    return {"text": parameters.text("text")}


def nothing(reader: PageReader, parameters: Parameters) -> PageContext:
    del reader, parameters
    return {}


@pytest.fixture
def site(tmp_path: Path) -> StatusPage:
    (tmp_path / "plain.html").write_text('{% extends "layout.html" %}{% block main %}<h1>{{ text }}</h1>{% endblock %}')
    views = (
        PageView("/", "First", "plain.html", echo, 5),
        PageView("/broken", "Broken", "plain.html", nothing),
    )
    return StatusPage("test", views, tmp_path, "host=/nonexistent", HealthReport)


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:9102", 200),
        ("127.0.0.1", "localhost:8000", 200),
        ("::1", "[::1]:9102", 200),
        ("127.0.0.1", "[::1]", 200),
        ("10.1.2.3", "127.0.0.1:9102", 403),
        # A page of the web whose name leads to 127.0.0.1.
        ("127.0.0.1", "example.com", 403),
        ("127.0.0.1", "localhost.example.com:9102", 403),
        ("127.0.0.1", "", 403),
        ("127.0.0.1", "10.1.2.3:9102", 403),
    ],
)
def test_only_this_host_is_answered(site: StatusPage, client: str, host: str, status: int) -> None:
    for path in ("/", "/static/style.css", "/nothing"):
        answer = site.answer(HttpRequest(path, client, host))
        assert answer.status == (404 if (path, status) == ("/nothing", 200) else status)
        assert HEADERS.items() <= answer.headers.items()


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_any_text_is_escaped(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("templates")
    (folder / "plain.html").write_text("<i>{{ text }}</i>")
    view = PageView("/", "First", "plain.html", echo)
    answer = StatusPage("test", (view,), folder, "host=/nonexistent", HealthReport).answer(
        HttpRequest(shown.address("/", text=text))
    )
    body = answer.body.decode()
    assert body.startswith("<i>")
    assert not set("<>\"'") & set(body[3:-4])


def test_a_page_that_fails_is_an_error_and_not_the_end(site: StatusPage) -> None:
    answer = site.answer(HttpRequest("/broken"))
    assert answer.status == 500
    assert "This page failed" in answer.body.decode()
    assert site.answer(HttpRequest("/")).status == 200


@pytest.fixture
def port(site: StatusPage) -> Iterator[int]:
    server = HealthServer(Endpoint(port=free_port()), HealthReport, make_registry(lambda: ()), site)
    server.start()
    yield server.port
    server.stop()


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405), ("X", 405)]
)
def test_pages_can_only_be_read(port: int, method: str, status: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, "/?text=hello")
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    assert response.status == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ("<h1>hello</h1>" in body) == (method == "GET")
    if status == 200:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert int(response.headers["Content-Length"]) > 500


@given(query=st.text(max_size=100))
def test_any_query_gives_values_or_advice(query: str) -> None:
    now = datetime.now(UTC)
    with suppress(BadParameter):
        parameters = Parameters(f"/?{query}")
        assert len(parameters.text("a")) <= 200
        assert 0 <= parameters.number("b", 5, 9) <= 9
        assert parameters.moment("c", now).tzinfo is UTC
        assert parameters.day("d", now.date()).year >= 2021


def test_times_are_read_in_utc() -> None:
    wanted = datetime(2026, 11, 2, 15, 30, tzinfo=UTC)
    for text in ("2026-11-02T15:30", "2026-11-02T15:30:00Z", "2026-11-02T17:30%2B02:00"):
        assert Parameters(f"/?at={text}").moment("at", datetime.now(UTC)) == wanted
    east = timezone(timedelta(hours=2))
    assert shown.address("/book", at=wanted.astimezone(east)) == "/book?at=2026-11-02T15%3A30%3A00"


@given(states=STATES)
def test_runs_are_the_cells_of_a_strip(states: list[str | None]) -> None:
    drawn: list[str | None] = [None] * len(states)
    for run in runs(states):
        assert run.cells > 0
        assert set(drawn[run.first : run.first + run.cells]) == {None}
        drawn[run.first : run.first + run.cells] = [run.state] * run.cells
    assert drawn == states


@given(values=st.lists(st.decimals(0, 1, places=4), min_size=1, max_size=20), from_zero=st.booleans())
def test_a_scale_holds_all_values(values: list[Decimal], from_zero: bool) -> None:
    scale = fitted_scale(values, from_zero=from_zero)
    heights = [scale.y(value) for value in values]
    assert all(0 <= height <= 100 for height in heights)
    assert sorted(heights, reverse=True) == [scale.y(value) for value in sorted(values)]


def test_a_line_of_steps_is_interrupted_where_nothing_is_known() -> None:
    assert steps_path([(0, 50.0), (5, 40.0), (10, None), (15, 20.0)], 5) == "M0 50H5V40H10M15 20H20"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (shown.share(1, 3), "33.3 %"),
        (shown.share(0, 3), "0 %"),
        (shown.share(1, 100_000), "0.1 %"),
        (shown.share(99_999, 100_000), "99.9 %"),
        (shown.share(3, 3), "100 %"),
        (shown.share(0, 0), "-"),
        (shown.size(0), "0 B"),
        (shown.size(999), "999 B"),
        (shown.size(2_500_000), "2.5 MB"),
        (shown.size(7e15), "7,000.0 TB"),
        (shown.span(0.25), "0.2 s"),
        (shown.span(59), "59 s"),
        (shown.span(3_700), "1 h 1 min"),
        (shown.price(Decimal("0.5000")), "0.50"),
        (shown.price(Decimal("0.4215")), "0.4215"),
        (shown.amount(Decimal("1200.500000")), "1,200.5"),
        (shown.frame(b"a\xff"), "a\\xff"),
    ],
)
def test_values_look_as_people_write_them(text: str, wanted: str) -> None:
    assert text == wanted
