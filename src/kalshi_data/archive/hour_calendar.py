"""The archive for people: a line per stream and day with a sign per hour, and what verify found."""

import sys
from collections.abc import Sequence
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.verify import VERIFIED, WAITING, WRONG, Finding, HourRecord
from kalshi_data.cli.tables import FILE_COLUMNS, size, table

# A sign of its own for each, so that the strip can be read without colours.
SIGNS = {"verified": "█", "exported": "▓", "exporting": "▒", "pending": "░", "failing": "X", None: "·"}
STYLES = {"verified": "green", "exported": "cyan", "exporting": "yellow", "pending": "yellow", "failing": "bold red"}
PROBLEMS_SHOWN = 20


def console() -> Console:
    """Return where tables are printed: lines are as long as tables need where that is no terminal."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else FILE_COLUMNS)


def calendar(records: Sequence[HourRecord]) -> RenderableType:
    """Return a line per stream and day."""
    made = table("stream", "day", "from 00 to 24 UTC", "hours", "rows", "size", title="archive")
    made.columns[2].justify = "left"
    days: dict[tuple[str, date], list[HourRecord]] = {}
    for record in records:
        days.setdefault((record.stream, record.hour.date()), []).append(record)
    for (stream, day), held in sorted(days.items()):
        verified = sum(record.state == "verified" for record in held)
        expected = 24 // STREAMS[stream].hours
        counts = (
            f"{sum(record.row_count or 0 for record in held):,}",
            size(sum(record.byte_count or 0 for record in held)),
        )
        made.add_row(stream, f"{day}", strip(stream, held), f"{verified} of {expected}", *counts)
    errors = [record for record in records if record.error]
    lines = [f"{each.stream} {each.hour:%Y-%m-%d %H:00}: {each.error}" for each in errors[:PROBLEMS_SHOWN]]
    return Group(made, legend(), *([""] if lines else []), *(Text(line) for line in lines))


def strip(stream: str, records: Sequence[HourRecord]) -> Text:
    """Return one sign per hour of a day, all the same where a day is written whole."""
    states = {record.hour.hour: "failing" if record.error else record.state for record in records}
    text = Text()
    for hour in range(24):
        state = states.get(hour - hour % STREAMS[stream].hours)
        text.append(SIGNS[state], STYLES.get(state or "", ""))
    return text


def legend() -> Text:
    """Return what the signs mean."""
    text = Text()
    for state, sign in SIGNS.items():
        text.append(f"{sign} {state or 'no record'}  ", STYLES.get(state or "", ""))
    return text


def verdicts(findings: Sequence[Finding]) -> RenderableType:
    """Return what verify found, by stream, with the problems."""
    made: Table = table("stream", "verified", "waiting", "wrong", "rows", "size", title="archive")
    for stream in sorted({finding.stream for finding in findings}):
        held = [finding for finding in findings if finding.stream == stream]
        counts = (sum(finding.state == state for finding in held) for state in (VERIFIED, WAITING, WRONG))
        rows, bytes_ = sum(finding.rows for finding in held), sum(finding.bytes for finding in held)
        made.add_row(stream, *(f"{count:,}" for count in counts), f"{rows:,}", size(bytes_))
    problems = [
        Text(f"{finding.stream} {finding.begins_at:%Y-%m-%d %H:00}: {problem}")
        for finding in findings
        for problem in finding.problems
    ]
    more = [f"... {len(problems) - PROBLEMS_SHOWN:,} more, see --json"] if len(problems) > PROBLEMS_SHOWN else []
    return Group(made, *([""] if problems else []), *problems[:PROBLEMS_SHOWN], *more)
