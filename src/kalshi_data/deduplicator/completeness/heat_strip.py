"""Completeness as tables for people, with a strip of cells; each cell shows its worst minute."""

from contextlib import suppress
from datetime import datetime

from rich.console import Console
from rich.text import Text

from kalshi_data.cli.fitted_table import FittedTable
from kalshi_data.cli.strip import Strip
from kalshi_data.cli.tables import print_line, table
from kalshi_data.deduplicator.completeness.report import MINUTE_STATES, Proofs, Report

GAPS_SHOWN = 10
# Numbers of cells that divide a day into whole minutes; a strip has as many as fit.
CELLS = (24, 48, 72, 96, 144)
CELLS_BESIDE_MIN = 48
# Columns of the console that a line takes beside its strip, and the same if the numbers are on another line.
NUMBERS_COLUMNS = 84
STREAM_COLUMNS = 21
STRIP = Strip(
    {"proven": "█", "idle": "░", "halted": "▁", "covered": "▓", "repaired": "▒", "gap": "X"},
    {
        "proven": "green",
        "idle": "bright_black",
        "halted": "magenta",
        "covered": "cyan",
        "repaired": "yellow",
        "gap": "bold red",
    },
)


def show(console: Console, report: Report) -> None:
    """Print the report."""
    console.print(streams_table(report))
    print_line(console, legend(report))
    if report.proofs.proven or report.proofs.line_checks:
        print_line(console, describe_proofs(report.proofs))
    if report.days:
        console.print(days_table(report))
    console.print(gaps_table(report) if report.gaps else "no gap is known in this time")
    if report.evidence:
        console.print(evidence_table(report))
    if report.classified_until is None:
        text = "nothing is classified yet: no gatherer has reported what it covers, or none can be reached"
        print_line(console, text)


def cells_for(columns: int) -> int:
    """Return how many cells a strip has on a console with this many columns."""
    beside = columns - NUMBERS_COLUMNS
    room = beside if beside >= CELLS_BESIDE_MIN else columns - STREAM_COLUMNS
    return max((cells for cells in CELLS if cells <= room), default=CELLS[0])


def streams_table(report: Report) -> FittedTable:
    """Return each stream's share of minutes by state, and its strip."""
    markets = f"market {report.market_ticker}" if report.market_ticker else "all markets"
    title = f"{markets}, {report.from_at:%Y-%m-%d %H:%M} to {report.until_at:%Y-%m-%d %H:%M} UTC"
    strip = "from left to right in time"
    made = table("stream", "minutes", *reversed(MINUTE_STATES), strip, title=title, words=(strip,))
    for each in report.streams:
        total = sum(each.minutes.values())
        counts = (share(each.minutes[state], total) for state in reversed(MINUTE_STATES))
        made.add_row(each.stream, f"{total:,.0f}", *counts, STRIP.draw(cell.state for cell in each.cells))
    return made


def share(minutes: float, total: float) -> str:
    """Return a percentage; it is 0 or 100 only if that is exact."""
    if minutes in (0, total):
        return "0 %" if minutes == 0 else "100 %"
    return f"{min(max(100 * minutes / total, 0.01), 99.99):.2f} %"


def legend(report: Report) -> Text:
    """Return what the signs mean, and until when minutes are classified."""
    text = STRIP.legend("not expected or not classified yet")
    if report.classified_until is not None:
        text.append(f"; classified until {report.classified_until:%Y-%m-%d %H:%M}")
    return text


def describe_proofs(proofs: Proofs) -> str:
    """Return what proves the minutes of books, and what counting changes found."""
    line, check, both = (share(part, proofs.proven) for part in (proofs.by_line, proofs.by_check, proofs.by_both))
    return (
        f"books are proven for {proofs.proven:,} minutes: {line} of them by connections of gatherers, {check} by "
        f"production's check, {both} by each; connections compared {proofs.line_checks:,} books, of which "
        f"{proofs.line_differences:,} differ; production holds as many changes as a connection received in "
        f"{proofs.counts_agreed:,} intervals, and does not in {proofs.counts_disputed:,}"
    )


def days_table(report: Report) -> FittedTable:
    """Return the condition of each stream and day."""
    made = table(
        "stream", "day", "condition", "markets", "gap minutes", title="days", words=("day", "condition"), keys=2
    )
    for day in report.days:
        style = {"degraded": "yellow", "missing": "bold red", "available": "green"}.get(day.condition, "")
        condition = Text(day.condition, style)
        made.add_row(day.stream, f"{day.day}", condition, f"{day.markets:,}", f"{day.minutes_gap:,}")
    return made


def gaps_table(report: Report) -> FittedTable:
    """Return the newest gaps."""
    shown = report.gaps[:GAPS_SHOWN]
    title = f"gaps, the newest {len(shown)} of {len(report.gaps):,}; --json lists more"
    names = ("market", "from", "until")
    made = table("stream", *names, "minutes", title=title, words=names, keys=2, grouped=True)
    for gap in shown:
        minutes = (gap.ended_at - gap.began_at).total_seconds() / 60
        times = (f"{gap.began_at:%m-%d %H:%M}", f"{gap.ended_at:%m-%d %H:%M}")
        made.add_row(gap.stream, gap.market_ticker or "all", *times, f"{minutes:,.0f}")
    return made


def shown(value: object) -> str:
    """Return a detail as text; a time as the table's other times, since a longer one would be broken in two.

    Example:
        >>> shown("2026-11-29T10:27:28.241982+00:00"), shown("stopped"), shown(12)
        ('11-29 10:27:28', 'stopped', '12')
    """
    if isinstance(value, str):
        with suppress(ValueError):
            return f"{datetime.fromisoformat(value):%m-%d %H:%M:%S}"
    return f"{value}"


def evidence_table(report: Report) -> FittedTable:
    """Return the evidence for the classification of a market's books."""
    columns = ("kind", "gatherer", "from", "until", "details")
    title, words = "evidence of orderbook_deltas", ("from", "until")
    made = table(*columns, title=title, words=words, texts=("details",), keys=4, grouped=True)
    for each in report.evidence:
        times = (f"{time:%m-%d %H:%M:%S}" if time else "" for time in (each.began_at, each.ended_at))
        details = ", ".join(f"{key} {shown(value)}" for key, value in each.detail.items() if value is not None)
        made.add_row(each.kind, f"{each.gatherer_id or ''}", *times, details)
    return made
