"""The gatherer's command line."""

# The libraries for REST and the feed take half a second to load, so each function imports what it needs.
# ruff: noqa: PLC0415

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from kalshi_data.cli.options import require_order, time_range
from kalshi_data.cli.pending import Pending, find_pending, pending_options, replay_option, show_pending
from kalshi_data.cli.program import config_option, example_option, program
from kalshi_data.cli.tables import show, status_options
from kalshi_data.database.connection import connect
from kalshi_data.database.migrations import migrate as migrate_component
from kalshi_data.database.migrations import require_current
from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.epoch import recognise_instance
from kalshi_data.gatherer.monitoring.status import draw_status, read_status
from kalshi_data.gatherer.repair.export_frames import export_frames
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.service.logs import set_up_logs
from kalshi_data.settings import load_settings
from kalshi_data.shard import parse_shard

CONFIG = "/etc/kalshi/gatherer.toml"
STATUS_SECONDS_MAX = 10
# REST shows a trade some seconds late, so a range that ends later could be incomplete.
REST_LAG = timedelta(minutes=1)


@program("gatherer")
def main() -> None:
    """Receive everything the exchange publishes and store it in this host's databases.

    \b
    Examples:
      gatherer run --example > gatherer.toml
      gatherer migrate --config gatherer.toml
      gatherer migrate --pending
      gatherer run --config gatherer.toml
      gatherer backfill trades --from 2026-11-01 --to 2026-11-02T12:00Z
      gatherer reparse --from 2026-11-01T09:00:00Z --to 2026-11-01T10:00:00Z
      gatherer frames --from 2026-11-01 --to 2026-11-02 > frames.jsonl
      gatherer status --watch
      gatherer status --json | jq .heartbeat.per_second
    """  # noqa: D301 - click reads the escape


@main.command()
@config_option(CONFIG)
@example_option("gatherer")
@click.option(
    "--shard", metavar="I/N", help="Receive only part I of N of the order books; other channels are received whole."
)
def run(config: Path, shard: str | None) -> None:
    """Gather until SIGTERM; exit 0 when everything received is written."""
    from kalshi_data.gatherer.runner import run as run_gatherer

    part = parse_shard(shard) if shard is not None else None
    settings = load_settings(config, GathererSettings)
    set_up_logs("gatherer")
    run_gatherer(settings, config, part)


@main.command()
@config_option(CONFIG)
@pending_options
@replay_option
def migrate(config: Path, pending: bool, as_json: bool, replay: bool) -> None:
    """Bring kalshi_ts and kalshi_meta up to date; running it again changes nothing."""
    databases = load_settings(config, GathererSettings).databases
    found: list[Pending] = []
    for name, database, components in (
        ("kalshi_ts", databases.kalshi_ts, ("timeseries", "capture")),
        ("kalshi_meta", databases.kalshi_meta, ("registry",)),
    ):
        with connect(database.conninfo, application_name="gatherer migrate") as connection:
            if pending:
                found += find_pending(connection, name, components)
                continue
            for component in components:
                applied = migrate_component(connection, component, replay_everything=replay)
                click.echo(f"{name}: {component} is up to date, {len(applied)} migrations applied")
            if recognise_instance(connection, components[-1]):
                click.echo(f"{name}: the database was restored or moved, a new epoch starts")
    if pending:
        show_pending(found, as_json=as_json)


@main.group()
def backfill() -> None:
    """Fetch over REST what the feed missed."""


@backfill.command()
@config_option(CONFIG)
@time_range(
    "Fetch from this time of the exchange on.", "Fetch until before this time, at least a minute ago.", required=True
)
@click.option("--series", multiple=True, help="Only trades of the markets of this series; may be repeated.")
@click.option("--market", multiple=True, help="Only trades of this market; may be repeated.")
def trades(
    config: Path, from_at: datetime, until_at: datetime, series: tuple[str, ...], market: tuple[str, ...]
) -> None:
    """Fetch the trades of a time range that were not captured yet.

    After an interruption, the same command continues where it stopped; if it is finished, it does nothing. Times are
    RFC 3339 or a date, and UTC if they have no offset.

    \b
    Examples:
      gatherer backfill trades --from 2026-11-01 --to 2026-11-02
      gatherer backfill trades --from 2026-11-01 --to 2026-11-02 --series KXHIGHNY
    """  # noqa: D301 - click reads the escape
    from kalshi_data.gatherer.repair.backfill import Range, backfill_trades

    require_order(from_at, until_at)
    if until_at > datetime.now(UTC) - REST_LAG:
        raise click.UsageError("--to must be at least a minute ago: REST shows trades with some seconds of delay")
    settings = load_settings(config, GathererSettings)
    set_up_logs("gatherer")
    with connect(settings.databases.kalshi_ts.conninfo, application_name="gatherer backfill") as connection:
        require_current(connection, "capture", f"gatherer migrate --config {config}")
    try:
        totals = backfill_trades(settings, Range(from_at, until_at), series, market)
    except ExchangeError as error:
        raise ExchangeError(
            f"{error}: run the same command to continue where this one stopped", error.status
        ) from error
    refused = f", {totals.refused:,} refused: see the log" if totals.refused else ""
    click.echo(f"trades: {totals.fetched:,} fetched, {totals.added:,} added{refused}")


@main.command()
@config_option(CONFIG)
@time_range("Decode frames received from this time on.", "Stop before frames received at this time.", required=True)
def reparse(config: Path, from_at: datetime, until_at: datetime) -> None:
    """Decode a time range of the frame log again, and add the rows of frames that have none.

    Use it after an update, if the earlier version could not decode some frames. The gatherer may run at the same time,
    and running the command again adds nothing.

    \b
    Examples:
      gatherer reparse --from 2026-11-01 --to 2026-11-02
      gatherer reparse --from 2026-11-01T09:00:00Z --to 2026-11-01T09:30:00Z
    """  # noqa: D301 - click reads the escape
    from kalshi_data.gatherer.repair.reparse import reparse as reparse_frames

    require_order(from_at, until_at)
    settings = load_settings(config, GathererSettings)
    set_up_logs("gatherer")
    with connect(settings.databases.kalshi_ts.conninfo, application_name="gatherer reparse") as connection:
        require_current(connection, "capture", f"gatherer migrate --config {config}")
    with click.progressbar(length=100, label="frames", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        totals = reparse_frames(settings, from_at, until_at, lambda share: bar.update(round(share * 100) - bar.pos))
    click.echo(f"frame log: {totals.read:,} rows read, {totals.added:,} added")


@main.command()
@config_option(CONFIG)
@time_range("Print frames received from this time on.", "Stop before frames received at this time.", required=True)
@click.option("--connection", type=int, help="Only frames of the connection with this id.")
def frames(config: Path, from_at: datetime, until_at: datetime, connection: int | None) -> None:
    """Print frames of the frame log as JSON lines, which the simulator can replay.

    \b
    Examples:
      gatherer frames --from 2026-11-01 --to 2026-11-02 --connection 1793109600
      simulator replay --key my-key-id=public.pem frames.jsonl
    """  # noqa: D301 - click reads the escape
    require_order(from_at, until_at)
    settings = load_settings(config, GathererSettings)
    for line in export_frames(settings.frame_log.folder, from_at, until_at, connection):
        click.echo(line)


@main.command()
@config_option(CONFIG)
@status_options
def status(config: Path, as_json: bool, watch: bool) -> None:
    """Show the gatherer's state, read from its database; exit 1 if no gatherer is alive."""
    settings = load_settings(config, GathererSettings)
    conninfo = settings.databases.kalshi_ts.conninfo
    with connect(conninfo, application_name="gatherer status", statement_seconds_max=STATUS_SECONDS_MAX) as connection:
        seen = show(lambda: read_status(connection, settings.health), draw_status, as_json=as_json, watch=watch)
    sys.exit(0 if seen["alive"] else 1)
