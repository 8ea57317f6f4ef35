"""The list of a gatherer's pages."""

from collections.abc import Callable
from pathlib import Path

from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.shards import shard_folder
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.gatherer.status_page.views import GathererViews
from kalshi_data.service.health import HealthReport
from kalshi_data.shard import EVERYTHING, Shard
from kalshi_data.status_page.site import PageView, StatusPage

TEMPLATES = Path(__file__).parent / "templates"


def make_status_page(
    settings: GathererSettings, counters: Counters, evaluate: Callable[[], HealthReport], shard: Shard = EVERYTHING
) -> StatusPage:
    """Return a gatherer's status page; it reads `kalshi_ts`, and the frame log of its shard."""
    shown = GathererViews(counters, shard_folder(settings.frame_log.folder, shard.number))
    views = (
        PageView("/", "Overview", "overview.html", shown.overview, 5),
        PageView("/connections", "Connections", "connections.html", shown.connections, 10),
        PageView("/books", "Books", "books.html", shown.books, 30),
        PageView("/frame-log", "Frame log", "frame_log.html", shown.frame_log, 10),
        PageView("/quarantine", "Quarantine", "quarantine.html", shown.quarantine, 30),
        PageView("/quarantine/frame", "Frame", "frame.html", shown.quarantined_frame, menu="/quarantine"),
    )
    return StatusPage("gatherer", views, TEMPLATES, settings.databases.kalshi_ts.conninfo, evaluate)
