"""Gaps of a day, and the evidence for one of them."""

from datetime import UTC, datetime, timedelta

from kalshi_data.database.connection import query
from kalshi_data.deduplicator.status_page.completeness_strips import DAY, begin_of
from kalshi_data.status_page.parameters import BadParameter, Parameters
from kalshi_data.status_page.sessions import PageReader
from kalshi_data.status_page.site import PageContext

ROWS_MAX = 200
STREAMS = ("orderbook_deltas", "trades", "tickers", "lifecycle_events")
# Around a gap lies what explains it.
AROUND = timedelta(minutes=5)


def read_gaps(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return the minutes of a day that are lost, and what single gatherers missed."""
    today = datetime.now(UTC).date()
    day = parameters.day("day", today)
    market = parameters.text("market")
    window = {"from_at": begin_of(day), "until_at": begin_of(day) + DAY}
    bounds = {"day": day, "market": market or None, "markets_max": ROWS_MAX, "gaps_max": ROWS_MAX}
    lost = reader.rows(query("production/status_page/list_lost_minutes"), bounds)
    missed = reader.rows(query("production/status_page/list_sequence_gaps"), {**window, "rows_max": ROWS_MAX})
    shown = {"day": day, "today": today, "market": market, "asked": {"day": day, "market": market}}
    return {**shown, "lost": lost, "missed": missed, "rows_max": ROWS_MAX}


def read_evidence(reader: PageReader, parameters: Parameters) -> PageContext:
    """Return what the states of some minutes of a market or stream are based on.

    Raises:
        BadParameter: the time is empty or longer than a day.
    """
    stream, market = parameters.choice("stream", STREAMS, STREAMS[0]), parameters.text("market")
    now = datetime.now(UTC)
    from_at = parameters.moment("from", now - timedelta(hours=1))
    until_at = parameters.moment("until", from_at + timedelta(hours=1))
    if not timedelta() < until_at - from_at <= DAY:
        raise BadParameter("until: choose a time after from, and at most a day later")
    window = {"from_at": from_at - AROUND, "until_at": until_at + AROUND, "rows_max": ROWS_MAX}
    asked = {"stream": stream, "market": market, **window}
    return {
        "stream": stream,
        "streams": STREAMS,
        "market": market,
        "from_at": from_at,
        "until_at": until_at,
        "evidence": reader.rows(query("production/status_page/list_evidence"), asked),
        "repairs": reader.rows(query("production/status_page/list_repairs"), asked),
        "rows_max": ROWS_MAX,
    }
