"""The completeness command."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from kalshi_data.cli.options import require_order, time_range
from kalshi_data.cli.program import config_option
from kalshi_data.cli.tables import make_console
from kalshi_data.database.connection import connect
from kalshi_data.deduplicator.completeness.report import CELLS_MAX, read_report
from kalshi_data.deduplicator.settings import CONFIG, DeduplicatorSettings
from kalshi_data.settings import load_settings

# Cells in a document that names no number: half an hour each, for a day.
CELLS_OF_DOCUMENT = 48


@click.command()
@config_option(CONFIG)
@click.option("--market", metavar="TICKER", help="One market, and streams not split by market; all by default.")
@time_range("The start; a day before the end by default.", "The end; now by default.")
@click.option("--cells", type=click.IntRange(1, CELLS_MAX), help="Cells of the strip; by default as many as fit.")
@click.option("--evidence", is_flag=True, help="Show the evidence for the books of one --market.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def completeness(
    config: Path,
    market: str | None,
    from_at: datetime | None,
    until_at: datetime | None,
    cells: int | None,
    evidence: bool,
    as_json: bool,
) -> None:
    """Show what production holds, what is proven to be complete, and what is known to be lost.

    Each minute in which a market was to be recorded has one state: proven (covered, and the books before and after
    prove that nothing is missing), covered, repaired (one gatherer missed it, another received it), idle (covered,
    nothing happened), halted (idle, and the exchange said that trading is not active) or gap (known to be lost). Times
    are UTC.

    \b
    Examples:
      deduplicator completeness
      deduplicator completeness --from 2026-11-02 --to 2026-11-03
      deduplicator completeness --market KXHIGHNY-26NOV02-T60 --evidence
      deduplicator completeness --json | jq '.gaps'
    """  # noqa: D301 - click reads the escape
    until_at = until_at or datetime.now(UTC)
    from_at = from_at or until_at - timedelta(days=1)
    require_order(from_at, until_at)
    if evidence and not market:
        raise click.UsageError("--evidence needs a --market")
    runtime = load_settings(config, DeduplicatorSettings).production.runtime
    # Imported here, since the running service needs no tables.
    from kalshi_data.deduplicator.completeness.heat_strip import cells_for, show  # noqa: PLC0415

    console = make_console()
    cells = cells or (CELLS_OF_DOCUMENT if as_json else cells_for(console.width))
    with connect(runtime.conninfo, application_name="deduplicator completeness") as production:
        report = read_report(production, market, from_at, until_at, cells, evidence=evidence)
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    show(console, report)
