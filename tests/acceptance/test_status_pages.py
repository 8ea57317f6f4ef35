"""The status pages in a browser: each view of a demo, wide and narrow, light and dark, with and without JavaScript."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from kalshi_data.deduplicator.status_page.pages import make_status_page
from kalshi_data.demo.platform import Platform
from kalshi_data.service.health import Endpoint, HealthReport, HealthServer, Reason, Severity
from kalshi_data.service.metrics import make_registry
from tests.conftest import ROOT
from tests.support import debian_packages
from tests.support.browsing import axe_violations, opened, sideways_pixels
from tests.support.chromium import chromium
from tests.support.coverage import at
from tests.support.engines import Database, Engine
from tests.support.memory import fast_folder, guarded_folder
from tests.support.patient_pages import patient_pages
from tests.support.shown_demo import capture_of, production_of, shown_demo
from tests.support.shown_platform import DAY, SCRIPT, fill_production
from tests.support.staging import settings
from tests.unit.service.test_health import free_port

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 360)
HEIGHT = 900
# Both schemes and both widths are examined once: colours do not depend on the width, nor places on the colours.
EXAMINED = {(1280, "light"), (360, "dark")}
TRIES = 20
# How often the overview renews itself.
RENEWAL_MILLISECONDS = 5_000
SCREENSHOTS = ROOT / ".cache" / "screenshots"
PICTURE = ROOT / ".github" / "completeness.png"
PICTURE_BYTES_MAX = 80_000
# The market's name, as the address of a page holds it.
SCRIPTED = "%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
NOON, TWO = f"{at(0):%Y-%m-%dT%H:%M:%S}", f"{at(120):%Y-%m-%dT%H:%M:%S}"
BEAT = "update ops.heartbeats set status = jsonb_set(status, '{per_second,frames}', %s) where gatherer_id = 1"
# The number of the element in the order of the page that has the focus, and how wide the line around it is.
PLACE_OF_FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
    .filter((each) => each.type !== "hidden" && !each.hidden);
  const style = getComputedStyle(focused);
  return [all.indexOf(focused), style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth)];
}"""
STREAMS = """
select stream, sum(rows_polled), sum(rows_new), sum(rows_duplicate) from ops.cursors group by stream order by stream
"""
BUSIEST = """
select market_ticker, count(*), sum(size) from market_data.trades group by 1 order by 2 desc, 1 limit 1
"""
BIDS = "select cardinality(yes_prices) from market_data.book_state(%s, now())"
HOURS = """
select stream, count(*) filter (where state = 'verified'), sum(coalesce(row_count, 0)) from ops.archive_partitions
group by stream
"""
CONNECTIONS = "select count(*) from capture.connections"
BOOKS = "select count(*) from capture.subscriptions where ended_at is null and market_ticker <> ''"
QUARANTINED = "select count(*) from capture.quarantine"
REASON = Reason(Severity.DEGRADED, "lag", f"trades are late: {SCRIPT}")


class View(NamedTuple):
    """A page of a site: of a program of the demo, or of a production with a made-up day."""

    site: str
    path: str

    @property
    def name(self) -> str:
        """The name of its screenshots."""
        path = self.path.partition("?")[0].strip("/").replace("/", "-") or "overview"
        return f"{self.site}-{path}{'-by-market' if 'by=market' in self.path else ''}"


VIEWS = [
    *(View("deduplicator", f"/{each}") for each in ("", "completeness", "gaps", "gaps/evidence", "archive")),
    *(View("deduplicator", f"/{each}") for each in ("book", "day")),
    *(View("gatherer", f"/{each}") for each in ("", "connections", "books", "frame-log", "quarantine")),
    View("gatherer", "/quarantine/frame?id=1"),
    View("made-up", "/"),
    *(View("made-up", f"/completeness?day={DAY}{each}") for each in ("", "&by=market")),
    *(View("made-up", f"/{each}?day={DAY}") for each in ("gaps", "archive")),
    View("made-up", f"/gaps/evidence?market={SCRIPTED}&from={NOON}&until={TWO}"),
    *(View("made-up", f"/{each}") for each in (f"book?market={SCRIPTED}&at={TWO}", f"day?market={SCRIPTED}&day={DAY}")),
]
Sites = Mapping[str, str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not debian_packages.can_fetch():
        pytest.skip("this platform has no packages of Chromium")
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def demo() -> Iterator[Platform]:
    with guarded_folder(fast_folder(with_programs=True)) as folder, shown_demo(folder) as platform:
        yield platform


@pytest.fixture(scope="module")
def made_up(server: Engine) -> Iterator[Database]:
    """A production with a made-up day, in which some minutes are lost, others repaired, and a market is a script."""
    with server.database("production") as database:
        fill_production(database)
        yield database


@pytest.fixture(scope="module")
def made_up_site(made_up: Database) -> Iterator[str]:
    """The address of the made-up day's pages."""
    with patient_pages():
        page = make_status_page(settings(made_up, [made_up]), lambda: HealthReport((REASON,)))
        own = HealthServer(Endpoint(port=free_port()), HealthReport, make_registry(lambda: ()), page)
        own.start()
        yield f"http://127.0.0.1:{own.port}"
        own.stop()


@pytest.fixture(scope="module")
def sites(demo: Platform, made_up_site: str) -> Sites:
    """The addresses of all sites by name."""
    deduplicator, gatherer, *_ = (each.rstrip("/") for each in demo.status_pages)
    return {"deduplicator": deduplicator, "gatherer": gatherer, "made-up": made_up_site}


@pytest.fixture
def screenshots() -> Path:
    """The folder of screenshots; a test that fails shows it."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    print(f"screenshots are in {SCREENSHOTS}")  # noqa: T201
    return SCREENSHOTS


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_is_readable_wide_and_narrow_light_and_dark(
    browser: Browser, sites: Sites, view: View, screenshots: Path
) -> None:
    with opened(browser) as page:
        answer = page.goto(sites[view.site] + view.path)
        assert answer
        assert answer.status == 200
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=screenshots / f"{view.name}-{scheme}-{width}.png", full_page=True)
                if (width, scheme) in EXAMINED:
                    assert axe_violations(page) == []
            assert sideways_pixels(page) <= 0


def test_every_page_of_a_menu_is_a_view(browser: Browser, sites: Sites) -> None:
    for site in ("deduplicator", "gatherer"):
        with opened(browser) as page:
            page.goto(sites[site])
            paths = [each.get_attribute("href") for each in page.locator("nav[aria-label=Pages] a").all()]
        assert paths
        assert {View(site, path or "") for path in paths} <= set(VIEWS)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_shows_everything_without_javascript(browser: Browser, sites: Sites, view: View) -> None:
    shown: list[tuple[int, int]] = []
    for has_scripts in (True, False, True):
        with opened(browser, java_script_enabled=has_scripts) as page:
            page.goto(sites[view.site] + view.path)
            assert page.locator("h1").is_visible()
            assert page.locator("#refresh").is_visible() == (
                has_scripts and "renewed" in page.locator("#at").inner_text()
            )
            shown.append((page.locator("h2").count(), page.locator("th").count()))
    # What a page lists may change once meanwhile, as when an hour ends.
    assert shown[1] in (shown[0], shown[2])


def test_a_keyboard_reaches_everything_in_order_and_shows_where_it_is(browser: Browser, made_up_site: str) -> None:
    with opened(browser) as page:
        page.goto(f"{made_up_site}/completeness?day={DAY}&by=market")
        wanted = page.locator("a[href], button:visible, input:visible, select, summary, [tabindex='0']").count()
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to content"
        assert page.locator(":focus").is_visible()
        reached = 1
        while True:
            page.keyboard.press("Tab")
            place = page.evaluate(PLACE_OF_FOCUS)
            if place is None:
                break
            number, outline_pixels = place
            assert number == reached
            assert outline_pixels >= 2
            reached += 1
        assert reached == wanted


def test_the_skip_link_leads_to_the_content(browser: Browser, made_up_site: str) -> None:
    with opened(browser) as page:
        page.goto(f"{made_up_site}/gaps?day={DAY}")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.locator(":focus").get_attribute("id") == "main"
        page.keyboard.press("Tab")
        assert page.locator("main :focus").count() == 1


def test_a_page_renews_itself_while_nothing_is_used(browser: Browser, made_up_site: str, made_up: Database) -> None:
    """The browser's clock is moved on by hand."""

    def frames(page: Page) -> str:
        return page.get_by_label("Gatherer 1").locator("dt:text-is('frames') + dd").inner_text()

    def beat(count: int) -> None:
        with made_up.connect() as connection:
            connection.execute(BEAT, (str(count),))

    with opened(browser) as page:
        page.clock.install(time=0)
        beat(1_234)
        page.goto(made_up_site)
        with page.expect_response("**/"):
            page.clock.pause_at(3_600)
        assert frames(page) == "1,234 /s"
        beat(77)
        with page.expect_response("**/"):
            page.clock.run_for(RENEWAL_MILLISECONDS)
        page.get_by_text("77 /s").first.wait_for()
        # The link that is followed next must not move away, nor be replaced, under the keyboard.
        page.get_by_role("button", name="Pause updates").click()
        assert page.get_by_role("button", name="Resume updates").is_visible()
        beat(88)
        page.clock.run_for(RENEWAL_MILLISECONDS)
        assert frames(page) == "77 /s"
        page.get_by_role("button", name="Resume updates").click()
        page.locator("main summary").focus()
        page.clock.run_for(RENEWAL_MILLISECONDS)
        assert frames(page) == "77 /s"
        page.locator("#main").focus()
        with page.expect_response("**/"):
            page.clock.run_for(RENEWAL_MILLISECONDS)
        page.get_by_text("88 /s").first.wait_for()
        assert page.locator(":focus").get_attribute("id") == "main"


def test_a_market_that_is_a_script_is_shown_as_text(browser: Browser, made_up_site: str) -> None:
    with opened(browser) as page:
        page.goto(f"{made_up_site}/completeness?day={DAY}&by=market")
        page.get_by_role("link", name=SCRIPT, exact=True).click()
        assert page.locator("h1").inner_text() == f"Evidence for {SCRIPT}"
        page.go_back()
        page.get_by_role("link", name=f"day of {SCRIPT}").click()
        assert page.locator("h1").inner_text() == f"The day of {SCRIPT}"
        assert page.locator("script").count() == 1


def test_the_policy_lets_no_other_script_run(browser: Browser, made_up_site: str) -> None:
    """So a page that forgot to escape something would still run nothing."""
    with pytest.raises(AssertionError, match="Content Security Policy"):
        run_script(browser, made_up_site)


def run_script(browser: Browser, address: str) -> None:
    """Let a page hold a script that is not the project's own."""
    with opened(browser) as page:
        page.goto(address)
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'alert(1)'}))")
        page.evaluate("new Promise(requestAnimationFrame)")


def same_moment(read: Callable[[], Any], show: Callable[[], Any]) -> None:
    """Check that a page shows what SQL reads; what changed meanwhile is read and shown again."""
    for _ in range(TRIES):
        before, shown, after = read(), show(), read()
        if before == after:
            assert shown == before
            return
    pytest.fail("the database changes all the time")


def cells(page: Page, table: str, *columns: int) -> list[tuple[str, ...]]:
    """Return the texts of some columns of a table, a row each."""
    rows = page.locator(f"{table} tbody tr").all()
    return [tuple(row.locator("th, td").nth(column).inner_text() for column in columns) for row in rows]


def test_streams_are_counted_as_sql_counts_them(browser: Browser, sites: Sites, demo: Platform) -> None:
    def read() -> list[tuple[str, ...]]:
        with production_of(demo) as production:
            return [tuple(map(str, row)) for row in production.execute(STREAMS).fetchall()]

    with opened(browser) as page:
        page.goto(sites["deduplicator"])

        def show() -> list[tuple[str, ...]]:
            page.reload()
            shown = cells(page, "section[aria-labelledby=streams] > table", 0, 4, 5, 6)
            return [tuple(each.replace(",", "") for each in row) for row in shown]

        same_moment(read, show)
    assert ("trades", "0") not in [row[:2] for row in read()]


def test_a_book_and_a_day_are_those_of_sql(browser: Browser, sites: Sites, demo: Platform) -> None:
    with production_of(demo) as production:
        market, trades, volume = production.execute(BUSIEST).fetchone() or ("", 0, 0)
        (bids,) = production.execute(BIDS, (market,)).fetchone() or (0,)
    assert trades
    with opened(browser) as page:
        page.goto(f"{sites['deduplicator']}/day?market={market}")
        page.locator("summary").click()
        rows = cells(page, "details table", 7, 8)
        assert sum(float(each[0].replace(",", "")) for each in rows if each[0] != "-") == pytest.approx(float(volume))
        assert sum(int(each[1].replace(",", "")) for each in rows) == trades
        page.goto(f"{sites['deduplicator']}/book?market={market}")
        assert f"contracts at {bids} price{'s' if bids != 1 else ''}. Asks" in page.locator("main").inner_text()


def test_the_archive_and_gaps_are_those_of_sql(browser: Browser, sites: Sites, demo: Platform) -> None:
    with production_of(demo) as production:
        hours = {tuple(map(str, row)) for row in production.execute(HOURS).fetchall()}
        (missed,) = production.execute("select count(*) from ops.gaps").fetchone() or (0,)
    assert hours
    assert missed
    with opened(browser) as page:
        page.goto(f"{sites['deduplicator']}/archive")
        shown = cells(page, "section[aria-labelledby=totals] table", 0, 1, 4)
        assert {(stream, count, rows.replace(",", "")) for stream, count, rows in shown} == hours
        page.goto(f"{sites['deduplicator']}/gaps")
        assert len(cells(page, "section[aria-labelledby=missed] table", 0)) == missed


def test_a_gatherers_pages_are_those_of_its_database(browser: Browser, sites: Sites, demo: Platform) -> None:
    with capture_of(demo) as capture:
        counts = [capture.execute(statement).fetchone() for statement in (CONNECTIONS, BOOKS, QUARANTINED)]
    connections, books, quarantined = (row[0] if row else 0 for row in counts)
    assert quarantined == 2
    with opened(browser) as page:
        page.goto(f"{sites['gatherer']}/connections")
        assert len(cells(page, "section[aria-labelledby=open] table", 0)) == connections
        page.goto(f"{sites['gatherer']}/books")
        assert page.locator("caption").inner_text() == f"{books} books"
        page.goto(f"{sites['gatherer']}/quarantine")
        assert len(cells(page, "section[aria-labelledby=frames] table", 0)) == quarantined
        page.get_by_role("link", name="frame 1", exact=True).click()
        assert page.locator("pre").inner_text().startswith("{")


def test_the_picture_of_the_readme_is_small_and_of_this_page(
    browser: Browser, made_up_site: str, request: pytest.FixtureRequest, screenshots: Path
) -> None:
    """`--update-pictures` writes it again."""
    target = PICTURE if request.config.getoption("--update-pictures") else screenshots / PICTURE.name
    with opened(browser, viewport={"width": 1000, "height": 800}) as page:
        page.goto(f"{made_up_site}/completeness?day={DAY}&search=kx&by=series")
        page.locator("main").screenshot(path=target)
    assert target.stat().st_size <= PICTURE_BYTES_MAX
    assert PICTURE.stat().st_size <= PICTURE_BYTES_MAX
    # The width and height stand at the beginning of each such file.
    assert PICTURE.read_bytes()[16:24] == target.read_bytes()[16:24]
