"""The gatherer's command line."""

from pathlib import Path

import click

from kalshi_data.command_line import config_option, program
from kalshi_data.database import connect
from kalshi_data.gatherer.configuration import GathererSettings
from kalshi_data.gatherer.runner import run as run_gatherer
from kalshi_data.logs import set_up_logs
from kalshi_data.migrations import migrate as migrate_component
from kalshi_data.settings import load_settings

CONFIG = "/etc/kalshi/gatherer.toml"


@program("gatherer")
def main() -> None:
    """Receive everything the exchange publishes and keep it in this host's databases.

    \b
    Examples:
      gatherer migrate --config gatherer.toml
      gatherer run --config gatherer.toml
    """  # noqa: D301 - click reads the escape


@main.command()
@config_option(CONFIG)
def run(config: Path) -> None:
    """Gather until SIGTERM; exit 0 when everything received is written."""
    settings = load_settings(config, GathererSettings)
    set_up_logs("gatherer")
    run_gatherer(settings, str(config))


@main.command()
@config_option(CONFIG)
def migrate(config: Path) -> None:
    """Bring kalshi_ts and kalshi_meta up to date; running it again changes nothing."""
    databases = load_settings(config, GathererSettings).databases
    for name, database, components in (
        ("kalshi_ts", databases.kalshi_ts, ("timeseries", "capture")),
        ("kalshi_meta", databases.kalshi_meta, ("registry",)),
    ):
        with connect(database.conninfo, application_name="gatherer migrate") as connection:
            for component in components:
                applied = migrate_component(connection, component)
                click.echo(f"{name}: {component} is up to date, {len(applied)} migrations applied")
