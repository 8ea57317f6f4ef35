"""The deduplicator's command line."""

import sys
from pathlib import Path

import click

from kalshi_data.cli.pending import find_pending, pending_options, replay_option, show_pending
from kalshi_data.cli.program import config_option, example_option, program
from kalshi_data.cli.tables import show, status_options
from kalshi_data.database.connection import connect
from kalshi_data.database.migrations import migrate as migrate_component
from kalshi_data.deduplicator.archive_commands import archive, export
from kalshi_data.deduplicator.catalog.command import catalog
from kalshi_data.deduplicator.completeness.command import completeness
from kalshi_data.deduplicator.monitoring.status import draw_status, read_status
from kalshi_data.deduplicator.restore_command import restore
from kalshi_data.deduplicator.settings import COMPONENTS, CONFIG, DeduplicatorSettings
from kalshi_data.service.logs import set_up_logs
from kalshi_data.settings import load_settings
from kalshi_data.shard import parse_shard

STATUS_SECONDS_MAX = 10


@program("deduplicator")
def main() -> None:
    """Merge the rows of all gatherers into production, each row once.

    \b
    Examples:
      deduplicator run --example > deduplicator.toml
      deduplicator migrate --config deduplicator.toml
      deduplicator migrate --pending
      deduplicator run --config deduplicator.toml
      deduplicator run --config deduplicator.toml --shard 1/2
      deduplicator status --watch
      deduplicator completeness --config deduplicator.toml
      deduplicator export --once
      deduplicator archive verify --from 2026-11-02
      deduplicator restore --from 2026-11-02
    """  # noqa: D301 - click reads the escape


for command in (completeness, export, archive, restore):
    main.add_command(command)
archive.add_command(catalog)


@main.command()
@config_option(CONFIG)
@example_option("deduplicator")
@click.option(
    "--shard",
    "part",
    default="1/1",
    show_default=True,
    metavar="I/N",
    help="Merge only part I of N of the markets.",
)
def run(config: Path, part: str) -> None:
    """Merge until SIGTERM."""
    # The libraries for merging and Parquet take long to load, and only this command needs them.
    from kalshi_data.deduplicator.runner import run as run_deduplicator  # noqa: PLC0415

    settings = load_settings(config, DeduplicatorSettings)
    shard = parse_shard(part)
    set_up_logs("deduplicator")
    run_deduplicator(settings, str(config), shard)


@main.command()
@config_option(CONFIG)
@pending_options
@replay_option
def migrate(config: Path, pending: bool, as_json: bool, replay: bool) -> None:
    """Bring the schema of production up to date; running it again changes nothing."""
    owner = load_settings(config, DeduplicatorSettings).production.owner
    with connect(owner.conninfo, application_name="deduplicator migrate") as connection:
        if pending:
            show_pending(find_pending(connection, "production", COMPONENTS), as_json=as_json)
            return
        for component in COMPONENTS:
            applied = migrate_component(connection, component, replay_everything=replay)
            click.echo(f"production: {component} is up to date, {len(applied)} migrations applied")


@main.command()
@config_option(CONFIG)
@status_options
def status(config: Path, as_json: bool, watch: bool) -> None:
    """Show how far each gatherer is merged, as recorded in production; exit 1 if a deduplicator does not run."""
    settings = load_settings(config, DeduplicatorSettings)
    conninfo = settings.production.runtime.conninfo
    name, limit = "deduplicator status", STATUS_SECONDS_MAX
    with connect(conninfo, application_name=name, statement_seconds_max=limit) as connection:
        document = show(lambda: read_status(connection, settings), draw_status, as_json=as_json, watch=watch)
    sys.exit(0 if document["alive"] else 1)
