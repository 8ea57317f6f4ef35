"""The command that rebuilds production from the archive alone."""

# The libraries for Parquet and S3 take long to load, so the function imports what it needs.
# ruff: noqa: PLC0415

import sys
from datetime import datetime
from pathlib import Path

import click
import msgspec

from kalshi_data.cli.program import config_option
from kalshi_data.cli.tables import make_console
from kalshi_data.deduplicator.archive_commands import select, selection_options
from kalshi_data.deduplicator.settings import CONFIG, DeduplicatorSettings
from kalshi_data.service.logs import set_up_logs
from kalshi_data.settings import load_settings


@click.command()
@config_option(CONFIG)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
def restore(
    config: Path, names: tuple[str, ...], from_at: datetime | None, until_at: datetime | None, as_json: bool
) -> None:
    """Rebuild production from the archive alone; exit 1 if an hour could not be restored.

    Production must be migrated. Restore before the deduplicator starts: it then merges what gatherers received since.
    Each hour is compared with its manifest first, and what is not as it says is left out and listed. The states of
    series, events and markets are restored from the archive's beginning, whatever --from says. Whoever runs the
    command again continues where it ended; hours that production wrote itself are left alone.

    \b
    Examples:
      deduplicator migrate --config deduplicator.toml
      deduplicator restore --from 2026-11-02
      deduplicator restore --from 2026-11-02 --to 2026-11-09
      deduplicator restore --json | jq .summary
    """  # noqa: D301 - click reads the escape
    settings, selection = load_settings(config, DeduplicatorSettings), select(names, from_at, until_at)
    set_up_logs("deduplicator")
    from kalshi_data.archive.display import ProgressBar
    from kalshi_data.archive.hour_calendar import findings_table
    from kalshi_data.archive.restoring.production_rebuild import KNOWN, RESTORED, ProductionRebuild
    from kalshi_data.archive.verify import WRONG, summary

    states = (RESTORED, KNOWN, WRONG)
    with ProgressBar() as bar:
        rebuild = ProductionRebuild(settings.archive, settings.production.runtime.conninfo, bar)
        findings = list(rebuild.restore(rebuild.find(selection)))
    is_right = not any(finding.state == WRONG for finding in findings)
    counts = summary(findings, states)
    if as_json:
        click.echo(msgspec.json.encode({"right": is_right, "summary": counts, "hours": findings}))
    else:
        make_console().print(findings_table(findings, states))
        click.echo(", ".join(f"{count:,} {state}" for state, count in counts.items()))
    sys.exit(0 if is_right else 1)
