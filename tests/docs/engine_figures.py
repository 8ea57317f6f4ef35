"""Writes the table of the page about engines, from the report of the benchmark that the page names."""

from collections.abc import Iterator, Mapping

import msgspec

from tests.benchmarks.engines.benchmark import QUESTIONS
from tests.conftest import ROOT

PAGE = ROOT / "src" / "kalshi_data" / "archive" / "ENGINES.md"
REPORT = ROOT / "tests" / "benchmarks" / "engines" / "large_day.json"
BEGIN = "<!-- Generated from the report of the benchmark by `python3 build.py docs`. -->\n"
END = "<!-- End of the generated table. -->\n"
HEAD = (
    "| question | rows of the answer | engine | first, s | again, s | processors, s | read, MB |",
    "|---|---|---|---|---|---|---|",
)
ASKED = {
    "book": "a book at a moment",
    "candles_hour": "candles of an hour",
    "candles_day": "candles of the day",
    "completeness_hour": "completeness of an hour",
    "completeness_day": "completeness of the day",
}
ENGINES = {
    "library": "the library",
    "duckdb": "DuckDB",
    "clickhouse": "ClickHouse",
    "spark_1": "Spark, 1 worker",
    "spark_2": "Spark, 2 workers",
    "production": "production",
}


def write() -> None:
    """Write the page with the table of the report."""
    PAGE.write_text(render())


def render() -> str:
    """Return the page with the table of the report as it is now.

    Raises:
        ValueError: the page has no place for the table.
    """
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE}: write these two lines where the table belongs:\n{BEGIN}{END}")
    figures = report()
    return "\n".join([f"{before}{BEGIN}", sizes(figures), "", *HEAD, *rows(figures), f"\n{END}{after}"])


def report() -> Mapping[str, float]:
    """Return the figures of the run."""
    return msgspec.json.decode(REPORT.read_bytes(), type=dict[str, dict[str, float]])["engines"]


def sizes(figures: Mapping[str, float]) -> str:
    """Return how large the day is that was asked."""
    streams = {
        "orderbook_deltas": "changes",
        "orderbook_snapshots": "snapshots",
        "trades": "trades",
        "coverage": "runs",
    }
    shown = [
        f"{figures[f'{stream}_rows']:,.0f} {rows} in {figures[f'{stream}_mb']:,.0f} MB"
        for stream, rows in streams.items()
    ]
    return f"The day: {', '.join(shown)}."


def rows(figures: Mapping[str, float]) -> Iterator[str]:
    """Yield a line for each answer."""
    for question in QUESTIONS:
        for engine, name in ENGINES.items():
            if f"{question}_{engine}_seconds" in figures:
                yield row(figures, f"{question}_{engine}", ASKED[question], f"{figures[f'{question}_rows']:,.0f}", name)


def row(figures: Mapping[str, float], answer: str, *names: str) -> str:
    """Return the line of one answer; production keeps what it read, so its first answer counts."""
    read = figures[f"{answer}_first_mb" if answer.endswith("_production") else f"{answer}_mb"]
    cells = (
        f"{figures[f'{answer}_cold_seconds']:.1f}",
        f"{figures[f'{answer}_seconds']:.3f}",
        f"{figures[f'{answer}_cpu_seconds']:.2f}",
        f"{read:,.1f}",
    )
    return f"| {' | '.join((*names, *cells))} |"
