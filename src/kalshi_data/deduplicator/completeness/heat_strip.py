"""The ledger for people: a table with a strip of cells, each as bad as the worst minute in it."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kalshi_data.deduplicator.completeness.report import STATES, Completeness, Report

LOG_COLUMNS = 160
GAPS_SHOWN = 10
# A sign of its own for each, so that the strip can be read without colours.
SIGNS = {"gap": "X", "repaired": "▒", "covered": "▓", "idle": "░", "proven": "█", None: "·"}
STYLES = {"gap": "bold red", "repaired": "yellow", "covered": "cyan", "idle": "bright_black", "proven": "green"}


def show(report: Report) -> None:
    """Print what is known."""
    console = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else LOG_COLUMNS)
    console.print(streams_table(report))
    console.print(legend(report))
    if report.days:
        console.print(days_table(report))
    console.print(gaps_table(report) if report.gaps else "no gap is known in this time")
    if report.evidence:
        console.print(evidence_table(report))
    if report.classified_until is None:
        console.print("nothing is classified yet: no gatherer has reported what it covers, or none can be reached")


def new_table(title: str, *columns: str) -> Table:
    """Return an empty table in the style of all tables here; columns in brackets hold numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.strip("[]"), justify="right" if column.startswith("[") else "left", no_wrap=True)
    return table


def streams_table(report: Report) -> Table:
    """Return the streams with their shares by state and the strip."""
    about = f"market {report.market_ticker}" if report.market_ticker else "all markets"
    title = f"{about}, {report.from_at:%Y-%m-%d %H:%M} to {report.until_at:%Y-%m-%d %H:%M} UTC"
    shares = [f"[{state}]" for state in reversed(STATES)]
    table = new_table(title, "stream", "[minutes]", *shares, "from left to right in time")
    for each in report.streams:
        total = sum(each.minutes.values())
        counts = (share(each.minutes[state], total) for state in reversed(STATES))
        table.add_row(each.stream, f"{total:,.0f}", *counts, strip(each))
    return table


def share(minutes: float, total: float) -> str:
    """Return a percentage that is 0 or 100 only where it is exact."""
    if minutes in (0, total):
        return "0 %" if minutes == 0 else "100 %"
    return f"{min(max(100 * minutes / total, 0.01), 99.99):.2f} %"


def strip(stream: Completeness) -> Text:
    """Return one sign per cell."""
    text = Text()
    for cell in stream.cells:
        text.append(SIGNS[cell.state], STYLES.get(cell.state or "", ""))
    return text


def legend(report: Report) -> Text:
    """Return what the signs mean, and how far the ledger has come."""
    text = Text()
    for state in reversed(STATES):
        text.append(f"{SIGNS[state]} {state}  ", STYLES[state])
    text.append(f"{SIGNS[None]} not expected or not classified yet")
    if report.classified_until is not None:
        text.append(f"; classified until {report.classified_until:%Y-%m-%d %H:%M}")
    return text


def days_table(report: Report) -> Table:
    """Return the condition of each stream and day."""
    table = new_table("days", "stream", "day", "condition", "[markets]", "[gap minutes]")
    for day in report.days:
        style = {"degraded": "yellow", "missing": "bold red", "available": "green"}.get(day.condition, "")
        condition = Text(day.condition, style)
        table.add_row(day.stream, f"{day.day}", condition, f"{day.markets:,}", f"{day.minutes_gap:,}")
    return table


def gaps_table(report: Report) -> Table:
    """Return the newest gaps."""
    shown = report.gaps[:GAPS_SHOWN]
    title = f"gaps, the newest {len(shown)} of {len(report.gaps):,}; --json lists more"
    table = new_table(title, "stream", "market", "from", "until", "[minutes]")
    for gap in shown:
        minutes = (gap.ended_at - gap.began_at).total_seconds() / 60
        times = (f"{gap.began_at:%m-%d %H:%M}", f"{gap.ended_at:%m-%d %H:%M}")
        table.add_row(gap.stream, gap.market_ticker or "all", *times, f"{minutes:,.0f}")
    return table


def evidence_table(report: Report) -> Table:
    """Return what stands behind the judgement of a market's books."""
    table = new_table("evidence of orderbook_deltas", "kind", "[gatherer]", "from", "until")
    table.add_column("says", overflow="fold")
    for each in report.evidence:
        times = (f"{moment:%m-%d %H:%M:%S}" if moment else "" for moment in (each.began_at, each.ended_at))
        says = ", ".join(f"{key} {value}" for key, value in each.detail.items() if value is not None)
        table.add_row(each.kind, f"{each.gatherer_id or ''}", *times, says)
    return table
