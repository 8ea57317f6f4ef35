"""What a run of the catalogue did, as a table for people."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from kalshi_data.archive.catalog.registration import Registered
from kalshi_data.cli.tables import size, table

PROBLEMS_SHOWN = 20


def registered_table(results: Sequence[Registered]) -> RenderableType:
    """Return a line per stream, then the problems."""
    made = table("stream", "added", "replaced", "removed", "waiting", "files", "rows", "size", title="catalogue")
    for each in results:
        counts = (each.added, each.replaced, each.removed, each.waiting, each.files, each.rows)
        made.add_row(each.stream, *(f"{count:,}" for count in counts), size(each.bytes))
    problems = [Text(f"{each.stream}: {problem}") for each in results for problem in each.problems]
    more = [f"... {len(problems) - PROBLEMS_SHOWN:,} more, see --json"] if len(problems) > PROBLEMS_SHOWN else []
    return Group(made, *([""] if problems else []), *problems[:PROBLEMS_SHOWN], *more)
