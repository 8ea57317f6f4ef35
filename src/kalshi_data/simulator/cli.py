"""The simulator's command line."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from kalshi_data.cli.program import program
from kalshi_data.simulator.faults.scenarios import Fault, describe, read_scenario
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import READ_TIERS, Limits
from kalshi_data.simulator.model.venue import Model, Plan
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.process import announce, serve
from kalshi_data.simulator.server import Exchange
from kalshi_data.simulator.venue.recording import read_recording
from kalshi_data.simulator.verification import show, verify_journal

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Common(NamedTuple):
    """What both kinds of exchange are told."""

    keys: KeyRing
    port: int
    clients: int
    journal: Path | None
    faults: list[Fault]
    limits: Limits


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what both kinds of exchange are told."""
    limits = Limits()
    options = (
        click.option("--key", "keys", multiple=True, required=True, metavar="ID=FILE", help="A public key in PEM."),
        click.option("--port", default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one."),
        click.option("--clients", default=1, show_default=True, help="Begin when so many keys subscribed everything."),
        click.option("--journal", type=click.Path(path_type=Path), help="Write everything that happens to this file."),
        click.option("--scenario", type=FILE, help="Let the faults of this TOML file happen."),
        click.option("--tier", type=click.Choice(list(READ_TIERS)), default=limits.tier, show_default=True),
        click.option("--connections-max", default=limits.connections_max, show_default=True, help="For one key."),
        click.option("--subscription-markets-max", default=limits.subscription_markets_max, show_default=True),
        click.option("--commands-per-second-max", default=limits.commands_per_second_max, show_default=True),
        click.option(
            "--buffer-bytes-max", default=limits.buffer_bytes_max, show_default=True, help="Beyond: error 25."
        ),
        click.option("--stale-seconds", default=0.0, show_default=True, help="Age of answers to unsigned requests."),
        click.option("--live-seconds", default=limits.live_seconds, show_default=True, help="Then historical only."),
        click.option("--deflate/--no-deflate", default=False, show_default=True, help="Offer permessage-deflate."),
        click.option("--removed-fields/--no-removed-fields", default=False, help="Send liquidity_dollars of markets."),
        click.option("--sending-ts/--no-sending-ts", default=True, show_default=True, help="Say sending_ts_ms."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _common(keys: tuple[str, ...], scenario: Path | None, named: dict[str, Any]) -> Common:
    faults = read_scenario(scenario) if scenario else []
    own = {name: named.pop(name) for name in ("port", "clients", "journal")}
    ring = KeyRing(dict(_key(each) for each in keys))
    return Common(keys=ring, faults=faults, limits=Limits(**named), **own)


@program("simulator")
def main() -> None:
    """A local exchange with the wire protocol of the real one, which knows what is true.

    \b
    Examples:
      simulator run --markets 200 --key my-key-id=public.pem --port 8080 --journal journal.jsonl
      simulator replay frames.jsonl --key my-key-id=public.pem --port 8080
      simulator verify --journal journal.jsonl --production "host=127.0.0.1 dbname=kalshi"
    """  # noqa: D301 - click reads the escape


main.epilog = describe()


@main.command(epilog=describe())
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same run.")
@click.option("--markets", default=200, show_default=True, help="Markets at the beginning, up to 20,000.")
@click.option("--rate", default=300.0, show_default=True, help="Order-book deltas per second, up to 50,000; 0 idles.")
@click.option("--stories", default=1.0, show_default=True, help="Pauses, early closes, new markets … per second.")
@click.option("--seconds", default=30.0, show_default=True, help="How long markets live; 0 for no end.")
@click.option("--hurry", is_flag=True, help="As fast as clients take it instead of as long as it says.")
@common_options
def run(
    seed: int,
    markets: int,
    rate: float,
    stories: float,
    seconds: float,
    hurry: bool,
    keys: tuple[str, ...],
    scenario: Path | None,
    **named: Any,
) -> None:
    """Run made-up markets, then serve on until SIGTERM; SIGUSR1 ends the markets early.

    What happens is told on standard output, one JSON object a line: listening (with the addresses), started, progress,
    finished.
    """
    common = _common(keys, scenario, named)
    rates = {"deltas_per_second": rate, "stories_per_second": stories}
    plan = Plan(seed=seed, markets=markets, seconds=seconds, hurry=hurry, **rates)
    model = Model(plan, Publisher(Journal(common.journal), common.limits), announce)
    exchange = Exchange(model, common.keys)
    asyncio.run(serve(exchange, lambda: model.run(common.clients), model.close, common.port, common.faults))


@main.command(epilog=describe())
@click.argument("recordings", type=FILE, nargs=-1, required=True)
@click.option("--seconds", default=30.0, show_default=True, help="Longer recordings are compressed to this time.")
@common_options
def replay(
    recordings: tuple[Path, ...], seconds: float, keys: tuple[str, ...], scenario: Path | None, **named: Any
) -> None:
    """Play RECORDINGS, one after the other, to every client, then serve on until SIGTERM.

    What happens is told on standard output, one JSON object a line: listening (with the addresses), started, progress,
    finished.
    """
    common = _common(keys, scenario, named)
    frames = [frame for recording in recordings for frame in read_recording(recording)]
    player = Replay(frames, common.journal, announce, common.limits)
    exchange = Exchange(player, common.keys)
    asyncio.run(serve(exchange, lambda: player.run(common.clients, seconds), player.close, common.port, common.faults))


@main.command()
@click.option("--journal", type=FILE, required=True, help="What the exchange published.")
@click.option("--production", required=True, metavar="DSN", help="The production database, without a password.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def verify(journal: Path, production: str, as_json: bool) -> None:
    """Compare production with a journal; exit 1 where they differ."""
    found = verify_journal(production, journal)
    click.echo(msgspec.json.encode(found).decode() if as_json else show(found))
    sys.exit(0 if found.complete else 1)


def _key(option: str) -> tuple[str, Path]:
    key_id, separator, file = option.partition("=")
    if not separator or not Path(file).is_file():
        raise click.BadParameter(f"{option!r} is not ID=FILE with a file that exists", param_hint="--key")
    return key_id, Path(file)
