"""What the pages of a gatherer show."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from kalshi_data.database.connection import query
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.reader import first_number, segments
from kalshi_data.service.growth import Growth
from kalshi_data.status_page.parameters import Parameters
from kalshi_data.status_page.sessions import PageReader, Row, SessionsBusy, describe
from kalshi_data.status_page.site import PageContext, PageMissing

CONNECTIONS_MAX = 100
GAPS_MAX = 100
BOOKS_MAX = 100
PAGES_MAX = 10_000
SEGMENTS_MAX = 50
QUARANTINED_MAX = 30
NUMBER_MAX = 2**63 - 1
# What a list shows of each frame, and what the page of one frame shows.
BEGINNING_BYTES_MAX = 300
FRAME_BYTES_MAX = 65_536


class GathererViews:
    """Reads what the pages show, from the gatherer's database and from what it counts."""

    def __init__(self, counters: Counters, frame_log: Path) -> None:
        """Show these counters, and the segments in this folder."""
        self._counters = counters
        self._folder = frame_log

    def overview(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return the counters, and what the database holds if it answers: frames are also logged without it."""
        del parameters
        row: Row = {}
        streams: list[Row] = []
        problem = ""
        try:
            row = reader.row(query("capture/status/read_status")) or {}
            streams = reader.rows(query("capture/status/read_storage"))
        except psycopg.Error as error:
            problem = describe(error)
        except SessionsBusy as error:
            problem = str(error)
        counters = self._counters
        return {
            "status": row,
            "database_problem": problem,
            "heartbeat": row.get("status") or {},
            "counters": counters,
            "frames": sum(counters.frames.copy().values()),
            "rows": sum(counters.committed_rows.copy().values()),
            "frames_by_type": counters.frames.copy().most_common(),
            "rows_by_stream": dict(counters.committed_rows.copy()),
            "streams": streams,
            "growth": Growth(counters.database_bytes, counters.database_kept_bytes, counters.growth_bytes_per_day),
            "days_left": counters.full_in_days,
            "last_frame_at": at(counters.last_frame_at_seconds),
            "started_at": at(counters.started_at_seconds),
        }

    def connections(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return connections and gaps, the newest first."""
        del parameters
        return {
            "counters": self._counters,
            "refused": sorted(self._counters.refused.copy().items()),
            "failing": sorted(self._counters.failing.copy().items()),
            "connections": reader.rows(query("capture/status_page/list_connections"), {"rows_max": CONNECTIONS_MAX}),
            "gaps": reader.rows(query("capture/status_page/list_gaps"), {"rows_max": GAPS_MAX}),
        }

    def books(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return the order books that are covered now, and what comparing them found."""
        search, page = parameters.text("market"), parameters.number("page", 0, PAGES_MAX)
        asked = {"prefix": search, "rows_max": BOOKS_MAX, "rows_skipped": page * BOOKS_MAX}
        books = reader.rows(query("capture/status_page/list_books"), asked)
        total = books[0]["books"] if books else 0
        return {
            "counters": self._counters,
            "checks": dict(self._counters.book_checks.copy()),
            "refused": sorted(self._counters.refused_markets.copy().items())[:BOOKS_MAX],
            "market": search,
            "books": books,
            "total": total,
            "page": page,
            "page_count": -(-total // BOOKS_MAX),
        }

    def frame_log(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return the newest segments of the frame log."""
        del reader, parameters
        paths = segments(self._folder)
        counters = self._counters
        return {
            "counters": counters,
            "folder": str(self._folder),
            "oldest_at": at(counters.log_oldest_at_seconds),
            "segment_count": len(paths),
            "segments": [shown for path in paths[: -SEGMENTS_MAX - 1 : -1] if (shown := segment(path))],
        }

    def quarantine(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return the newest frames in quarantine, or those before one of them."""
        before = parameters.number("before", NUMBER_MAX, NUMBER_MAX)
        asked = {"before": before, "bytes_max": BEGINNING_BYTES_MAX, "rows_max": QUARANTINED_MAX}
        rows = reader.rows(query("capture/status_page/list_quarantine"), asked)
        return {
            "reasons": self._counters.quarantined.copy().most_common(),
            "rows": rows,
            "bytes_max": BEGINNING_BYTES_MAX,
            "is_newest": before == NUMBER_MAX,
            "next_before": rows[-1]["quarantine_id"] if len(rows) == QUARANTINED_MAX else None,
        }

    def quarantined_frame(self, reader: PageReader, parameters: Parameters) -> PageContext:
        """Return a frame in quarantine.

        Raises:
            PageMissing: there is none with this number.
        """
        number = parameters.number("id", 0, NUMBER_MAX)
        asked = {"quarantine_id": number, "bytes_max": FRAME_BYTES_MAX}
        row = reader.row(query("capture/status_page/read_quarantined_frame"), asked)
        if row is None:
            raise PageMissing(f"There is no frame {number:,} in quarantine, or it was deleted at its age.")
        return {"number": number, "row": row, "bytes_max": FRAME_BYTES_MAX}


def at(seconds: float) -> datetime | None:
    """Return a time from seconds since 1970, None for 0."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def segment(path: Path) -> dict[str, Any] | None:
    """Return what is known of a segment's file, None if it has just been removed."""
    try:
        status = path.stat()
    except OSError:
        return None
    age_seconds = max(0.0, time.time() - status.st_mtime)
    written_at = datetime.fromtimestamp(status.st_mtime, UTC)
    first = {"name": path.name, "first_number": first_number(path)}
    return {**first, "bytes": status.st_size, "written_at": written_at, "age_seconds": age_seconds}
