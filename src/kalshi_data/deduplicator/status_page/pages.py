"""The list of the deduplicator's pages."""

from collections.abc import Callable
from pathlib import Path

from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.deduplicator.status_page.archive_hours import read_archive
from kalshi_data.deduplicator.status_page.completeness_strips import read_completeness
from kalshi_data.deduplicator.status_page.gaps import read_evidence, read_gaps
from kalshi_data.deduplicator.status_page.market_pages import read_book, read_market_day
from kalshi_data.deduplicator.status_page.overview import Overview
from kalshi_data.service.health import HealthReport
from kalshi_data.status_page.site import PageView, StatusPage

TEMPLATES = Path(__file__).parent / "templates"


def make_status_page(settings: DeduplicatorSettings, evaluate: Callable[[], HealthReport]) -> StatusPage:
    """Return the deduplicator's status page; it reads production."""
    views = (
        PageView("/", "Overview", "overview.html", Overview(settings).read, 5),
        PageView("/completeness", "Completeness", "completeness.html", read_completeness, 60),
        PageView("/gaps", "Gaps", "gaps.html", read_gaps, 30),
        PageView("/gaps/evidence", "Evidence", "evidence.html", read_evidence, menu="/gaps"),
        PageView("/archive", "Archive", "archive.html", read_archive, 30),
        PageView("/book", "Book", "book.html", read_book, 5),
        PageView("/day", "Day of a market", "day.html", read_market_day, 60),
    )
    return StatusPage("deduplicator", views, TEMPLATES, settings.production.runtime.conninfo, evaluate)
