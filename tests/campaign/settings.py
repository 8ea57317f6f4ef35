"""The settings of a run's programs: those of a demo, with what takes minutes in operation done in seconds."""

import tomllib
from collections.abc import Mapping
from typing import Any

from tests.acceptance.rehearsal import toml_lines

Sections = Mapping[str, Mapping[str, Any]]
QUICK_GATHERER: Sections = {
    "recovery": {"settle_seconds": 0.5},
    "subscriptions": {"silence_seconds_max": 3},
}
QUICK_DEDUPLICATOR: Sections = {
    # A backlog of a few hundred rows is merged as one of many thousands is otherwise: by further sessions, in turn.
    "merging": {"batch_rows_min": 50},
    "health": {"report_seconds": 0.5, "count_seconds": 5.0},
    "upkeep": {"pause_seconds": 1.0, "completeness_seconds": 2.0},
}


def with_settings(text: str, *more: Sections) -> str:
    """Return settings with more keys in their sections."""
    wanted = tomllib.loads(text)
    gatherers = wanted.pop("gatherers", [])
    for sections in more:
        for section, keys in sections.items():
            wanted.setdefault(section, {}).update(keys)
    lines = "".join(toml_lines(wanted))
    return lines + "".join(f"[[gatherers]]\n{''.join(toml_lines(each))}" for each in gatherers)
