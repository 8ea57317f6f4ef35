"""Opens pages in a browser and collects what went wrong there, for tests of the status pages."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Dialog, Page

from tests.support.waiting import SECONDS_MAX

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# All rules, also those of good practice.
RUN_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


@contextmanager
def opened(browser: Browser, **context: Any) -> Generator[Page]:
    """Yield an empty page; when it is left, nothing on it may have gone wrong.

    Wrong is what a console shows as an error or warning (also a violation of the content policy), a script that
    fails, a dialog, and a request to another host.
    """
    problems: list[str] = []

    def refuse(dialog: Dialog) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    made = browser.new_context(**context)
    made.set_default_timeout(SECONDS_MAX * 1000)
    page = made.new_page()
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", refuse)
    page.on("request", lambda request: problems.append(request.url) if not is_local(request.url) else None)
    try:
        yield page
        assert not problems, problems
    finally:
        made.close()


def is_local(address: str) -> bool:
    """Return whether an address is of this host."""
    return urlsplit(address).hostname == "127.0.0.1"


def axe_violations(page: Page) -> list[str]:
    """Return what axe-core finds on a page, a line for each element."""
    page.evaluate(AXE)
    found = cast("list[dict[str, Any]]", page.evaluate(RUN_AXE))
    return [
        f"{rule['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]


def sideways_pixels(page: Page) -> int:
    """Return how much wider a page is than its window."""
    return int(page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth"))
