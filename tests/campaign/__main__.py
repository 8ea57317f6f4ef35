"""Runs campaigns: python3 build.py campaign [--seed N] [--seconds S] [--count M]."""

import sys
import time
from pathlib import Path

import click
import msgspec

from kalshi_data.cli.tables import make_console, print_line, table
from tests.campaign.seeds import Campaign, SeedReport
from tests.support.memory import fast_folder, guarded_folder

FIGURES = ("published", "lost", "unknown", "books", "wrong_books", "polls")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seed", type=int, default=1, show_default=True, help="Decides everything that we decide.")
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=12.0, show_default=True, help="How long faults begin."
)
@click.option("--count", type=click.IntRange(1), default=1, show_default=True, help="Run this many seeds from here on.")
@click.option("--jobs", type=click.IntRange(1, 8), default=1, show_default=True, help="This many at the same time.")
@click.option("--engine", type=click.Choice(["plain", "timescaledb"]), default="plain", show_default=True)
@click.option("--hurt", type=click.Choice(["two", "all"]), default="two", show_default=True, help="Which gatherers.")
@click.option("--keep-databases", is_flag=True, help="Keep the databases of a run that fails, too.")
@click.option("--report", type=click.Path(path_type=Path), help="Write what each seed came to into this file as JSON.")
def main(
    seed: int, seconds: float, count: int, jobs: int, engine: str, hurt: str, report: Path | None, keep_databases: bool
) -> None:
    """Hurt the whole platform by seed, let it recover, and judge it by the exchange's journal.

    \b
    Examples:
      python3 build.py campaign --seed 7
      python3 build.py campaign --count 100 --jobs 2 --hurt all --report all.json
    """
    began = time.monotonic()
    with (
        guarded_folder(fast_folder(with_programs=True)) as folder,
        Campaign(folder, engine=engine, seconds=seconds, keep_databases=keep_databases) as campaign,
    ):
        reports = campaign.run_all(range(seed, seed + count), hurt, jobs, click.echo)
    if report:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(reports)) + b"\n")
    show_table(reports, time.monotonic() - began)
    sys.exit(1 if any(each.failures for each in reports) else 0)


def show_table(reports: list[SeedReport], seconds: float) -> None:
    """Print what each seed came to, and how many ran in an hour."""
    console = make_console()
    rows = table("seed", "seconds", "steps", *FIGURES, "result")
    for each in reports:
        figures = (str(each.figures.get(name, "-")) for name in FIGURES)
        result = f"{len(each.failures)} failures" if each.failures else "as promised"
        rows.add_row(str(each.seed), f"{each.seconds:.0f}", str(len(each.steps)), *figures, result)
    console.print(rows)
    failed = sum(bool(each.failures) for each in reports)
    print_line(console, f"{len(reports)} runs, {failed} failed, {len(reports) * 3600 / seconds:.0f} an hour")


if __name__ == "__main__":
    main()
