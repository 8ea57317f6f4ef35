"""The deduplicator's command line."""

from pathlib import Path

import click

from kalshi_data.command_line import config_option, program
from kalshi_data.database import connect
from kalshi_data.deduplicator.configuration import DeduplicatorSettings
from kalshi_data.deduplicator.runner import COMPONENTS
from kalshi_data.deduplicator.runner import run as run_deduplicator
from kalshi_data.logs import set_up_logs
from kalshi_data.migrations import migrate as migrate_component
from kalshi_data.settings import load_settings

CONFIG = "/etc/kalshi/deduplicator.toml"


@program("deduplicator")
def main() -> None:
    """Merge what the gatherers hold into production, each fact once.

    \b
    Examples:
      deduplicator migrate --config deduplicator.toml
      deduplicator run --config deduplicator.toml
    """  # noqa: D301 - click reads the escape


@main.command()
@config_option(CONFIG)
def run(config: Path) -> None:
    """Merge until SIGTERM."""
    settings = load_settings(config, DeduplicatorSettings)
    set_up_logs("deduplicator")
    run_deduplicator(settings, str(config))


@main.command()
@config_option(CONFIG)
def migrate(config: Path) -> None:
    """Bring production up to date; running it again changes nothing."""
    owner = load_settings(config, DeduplicatorSettings).production.owner
    with connect(owner.conninfo, application_name="deduplicator migrate") as connection:
        for component in COMPONENTS:
            applied = migrate_component(connection, component)
            click.echo(f"production: {component} is up to date, {len(applied)} migrations applied")
