"""The pages of the documentation: what they name exists, what they show is accepted, what is generated is current."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.exceptions import Exit

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.deduplicator.cli import main as deduplicator
from kalshi_data.gatherer.cli import main as gatherer
from kalshi_data.simulator.cli import main as simulator
from tests.conftest import ROOT
from tests.docs import dashboards, data_dictionary, engine_figures, metrics_tables, settings_tables

PROGRAMS: dict[str, click.Command] = {"gatherer": gatherer, "deduplicator": deduplicator, "simulator": simulator}
FOLDERS = ("src", "sql", "tests", "ansible", "terraform", ".github")
PAGES = [ROOT / "README.md", *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]
LINES_MAX = 150


def commands(page: Path) -> Iterator[str]:
    """Yield the commands that a page shows, one a line, without comments and with optional parts filled in."""
    for block in re.findall(r"^```(?:text|sh|console)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for line in filter(None, block.splitlines()):
            if line.startswith(" "):  # a drawing, or the continuation of an example
                continue
            for command in re.split(r"\s{3,}(?=(?:gatherer|deduplicator|simulator) )|\s+#\s|\s>\s", line):
                yield command.replace("[", "").replace("]", "").replace("TIME", "2026-11-02").strip()


PROGRAMS_SHOWN = [
    pytest.param(command, id=f"{page.parent.name}: {command}")
    for page in PAGES
    for command in commands(page)
    if command.split(" ")[0] in PROGRAMS
]


@pytest.mark.parametrize("command", PROGRAMS_SHOWN)
def test_a_program_accepts_each_command_that_a_page_shows(command: str, tmp_path: Path) -> None:
    for name in ("deduplicator.toml", "gatherer.toml", "public.pem", "frames.jsonl", "journal.jsonl"):
        (tmp_path / name).touch()
        command = re.sub(rf"(?<=[ =]){name}", str(tmp_path / name), command)
    program, *arguments = shlex.split(command)
    chosen, context = PROGRAMS[program], click.Context(PROGRAMS[program])
    while isinstance(chosen, click.Group):
        _, chosen, arguments = chosen.resolve_command(context, arguments)
        assert chosen is not None
    # An option such as --example prints something and ends; a wrong one raises another error.
    with suppress(Exit):
        chosen.make_context(chosen.name, arguments, parent=context)


def test_commands_are_found() -> None:
    shown = {command.values[0] for command in PROGRAMS_SHOWN}
    assert "gatherer run     --config gatherer.toml" in shown
    assert "deduplicator archive verify --from 2026-11-02 --deep --json" in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_of_a_page_exist(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert not [link for link in links if not (page.parent / link).exists()]
    paths = re.findall(r"`((?:src|sql|tests|ansible|terraform)/[\w./-]+)`", text)
    assert not [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", settings_tables.PAGES, ids=lambda page: page.path.parent.name)
def test_the_tables_of_settings_are_current(page: settings_tables.Page) -> None:
    assert page.path.read_text() == settings_tables.render(page), "run python3 build.py docs"


def test_the_description_of_the_streams_is_current_and_complete() -> None:
    assert data_dictionary.PAGE.read_text() == data_dictionary.render(), "run python3 build.py docs"
    described = [stream for stream in ARCHIVED if stream.table.startswith("market_data.")]
    assert len(described) >= 9
    assert not [
        f"{stream.name}.{column.name}"
        for stream in described
        for column in stream.columns
        if not data_dictionary.meaning(stream, column)
    ]


def test_the_figures_of_engines_are_those_of_the_report_of_a_large_day() -> None:
    assert engine_figures.PAGE.read_text() == engine_figures.render(), "run python3 build.py docs"
    figures = engine_figures.report()
    assert figures["orderbook_deltas_rows"] >= 100_000_000
    answers = {name for name in figures if name.endswith("_cold_seconds")}
    assert len(answers) == len(list(engine_figures.rows(figures))) == 24


@pytest.mark.parametrize("program", metrics_tables.PROGRAMS)
def test_each_metric_of_a_program_is_described(program: str) -> None:
    assert metrics_tables.page(program).read_text() == metrics_tables.render(program), "run python3 build.py docs"
    described = metrics_tables.described(program)
    assert len(described) > 40
    names = [each.name for each in described]
    assert sorted(names) == sorted(set(names))
    assert not [each.name for each in described if not each.meaning.endswith(".")]
    # A market or a ticker would make a series for each market.
    assert not {label for each in described for label in each.labels} & {"market", "ticker", "market_ticker"}


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_a_dashboard_is_current_and_asks_for_what_the_programs_export(name: str) -> None:
    text = (dashboards.FOLDER / f"{name}.json").read_text()
    assert text == dashboards.render(name), "run python3 build.py docs"
    queries = [query for panel in dashboards.DASHBOARDS[name] for query, _ in panel.queries]
    assert len(queries) >= len(dashboards.DASHBOARDS[name]) >= 6
    known = metrics_tables.sample_names("gatherer") | metrics_tables.sample_names("deduplicator")
    asked = {metric for query in queries for metric in re.findall(r"\b(?:kalshi|process)_\w+", query)}
    assert asked - known == set()
    assert all(re.search(r"\b(?:kalshi|process)_\w+", query) for query in queries)


def test_no_other_dashboard_lies_there() -> None:
    assert {path.stem for path in dashboards.FOLDER.iterdir()} == set(dashboards.DASHBOARDS)


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("orderbook_snapshots_days", "days"),
        ("quarantined_frame_bytes_max", "bytes"),
        ("tokens_per_second", "tokens/s"),
        ("connections_share_min", ""),
    ],
)
def test_the_tables_name_the_unit_of_a_key(key: str, unit: str) -> None:
    (row,) = (
        line for page in settings_tables.PAGES for line in page.path.read_text().splitlines() if f"| `{key}` |" in line
    )
    assert row.split("|")[5].strip() == unit


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text().count("\n") <= LINES_MAX


def test_build_py_has_each_command_that_a_page_names() -> None:
    usage = (ROOT / "build.py").read_text()
    for page in PAGES:
        for command in re.findall(r"python3 build\.py ([a-z][\w-]*)", page.read_text()):
            assert f"\n  {command} " in usage, f"{page}: {command}"
