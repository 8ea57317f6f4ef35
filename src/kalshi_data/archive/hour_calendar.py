"""The archive as tables for people: a line per stream and day with a sign per hour, and the results of verify."""

from collections.abc import Sequence
from datetime import date

from rich.console import Group, RenderableType
from rich.text import Text

from kalshi_data.archive.minute_check import MinuteAnswer
from kalshi_data.archive.partitions import STREAMS
from kalshi_data.archive.verify import STATES, Finding, HourRecord
from kalshi_data.cli.strip import Strip
from kalshi_data.cli.tables import size, table

STRIP = Strip(
    {"verified": "█", "exported": "▓", "exporting": "▒", "pending": "░", "failing": "X"},
    {"verified": "green", "exported": "cyan", "exporting": "yellow", "pending": "yellow", "failing": "bold red"},
)
PROBLEMS_SHOWN = 20


def calendar(records: Sequence[HourRecord]) -> RenderableType:
    """Return a line per stream and day."""
    strip = "from 00 to 24 UTC"
    made = table(
        "stream", "day", strip, "hours", "rows", "size", title="archive", words=("day", strip), keys=2, grouped=True
    )
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
        made.add_row(stream, f"{day}", STRIP.draw(day_states(stream, held)), f"{verified} of {expected}", *counts)
    errors = [record for record in records if record.error]
    lines = [f"{each.stream} {each.hour:%Y-%m-%d %H:00}: {each.error}" for each in errors[:PROBLEMS_SHOWN]]
    return Group(made, STRIP.legend("no record"), *([""] if lines else []), *(Text(line) for line in lines))


def day_states(stream: str, records: Sequence[HourRecord]) -> list[str | None]:
    """Return the state of each hour of a day; all hours have the same state if the day is written whole."""
    states = {record.hour.hour: "failing" if record.error else record.state for record in records}
    return [states.get(hour - hour % STREAMS[stream].hours) for hour in range(24)]


def findings_table(findings: Sequence[Finding], states: Sequence[str] = STATES) -> RenderableType:
    """Return the results by stream, then the problems."""
    made = table("stream", *states, "rows", "size", title="archive", breaks=("rows",))
    for stream in sorted({finding.stream for finding in findings}):
        held = [finding for finding in findings if finding.stream == stream]
        counts = (sum(finding.state == state for finding in held) for state in states)
        rows, bytes_ = sum(finding.rows for finding in held), sum(finding.bytes for finding in held)
        made.add_row(stream, *(f"{count:,}" for count in counts), f"{rows:,}", size(bytes_))
    problems = [
        Text(f"{finding.stream}{f' {finding.begins_at:%Y-%m-%d %H:00}' if finding.begins_at else ''}: {problem}")
        for finding in findings
        for problem in finding.problems
    ]
    more = [f"... {len(problems) - PROBLEMS_SHOWN:,} more, see --json"] if len(problems) > PROBLEMS_SHOWN else []
    return Group(made, *([""] if problems else []), *problems[:PROBLEMS_SHOWN], *more)


def minute_table(answer: MinuteAnswer) -> RenderableType:
    """Return what the archive knows of a market's minute, by stream."""
    title = f"{answer.market}, {answer.minute:%Y-%m-%d %H:%M} UTC"
    made = table("stream", "state", "from", "to", "why", title=title, words=("state",), texts=("why",))
    for each in answer.streams:
        times = (f"{at:%H:%M}" if at else "-" for at in (each.from_at, each.to_at))
        made.add_row(each.stream, each.state or "-", *times, each.reason)
    problems = [Text(f"{each.stream}: {problem}") for each in answer.streams for problem in each.problems]
    problems += [Text(problem) for problem in answer.problems]
    verdict = "complete" if answer.is_complete else "not complete"
    return Group(made, *problems, "", verdict)
