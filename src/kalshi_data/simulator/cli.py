"""The simulator's command line."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from kalshi_data.cli.options import SECONDS, Amount
from kalshi_data.cli.program import program
from kalshi_data.simulator.faults.scenarios import Fault, describe, read_scenario
from kalshi_data.simulator.feed.field_sets import NO_FIELDS
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.field_names import FIELD_NAMES
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import READ_TIERS, Limits
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.process import announce, serve
from kalshi_data.simulator.server import ExchangeServer, PublishingVenue
from kalshi_data.simulator.venue.recording import read_recording
from kalshi_data.simulator.verification import show, verify_journal

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
AT_LEAST_ONE = click.IntRange(min=1)
NOT_NEGATIVE = Amount(min=0)
MARKETS_MAX = 20_000
RATE_MAX = 50_000


class ExchangeOptions(NamedTuple):
    """The options of an exchange, of the model or of a recording."""

    keys: KeyRing
    port: int
    clients: int
    wait_for_everything: bool
    journal: Path | None
    faults: list[Fault]
    limits: Limits
    rollout: int | None

    async def serve(
        self, venue: PublishingVenue, run_markets: Callable[[], Coroutine[Any, Any, None]], close: Callable[[], None]
    ) -> None:
        """Serve a venue with these options until a signal ends it."""
        exchange = ExchangeServer(venue, self.keys)
        if self.rollout is not None:
            exchange.faults.roll_out(self.rollout, self.keys.ids)
        await serve(exchange, run_markets, close, self.port, self.faults)


def exchange_options(clients: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a function that adds the options of an exchange to a command, which by default waits for `clients`."""
    return lambda command: _add_exchange_options(command, clients)


def _add_exchange_options(command: Callable[..., None], clients: int) -> Callable[..., None]:
    limits = Limits()
    options = (
        click.option("--key", "keys", multiple=True, required=True, metavar="ID=FILE", help="A public key in PEM."),
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            default=0,
            show_default=True,
            help="Port on 127.0.0.1; 0 takes a free one.",
        ),
        click.option(
            "--clients",
            type=click.IntRange(0, 1_000),
            default=clients,
            show_default=True,
            help="Begin once this many keys have subscribed all markets.",
        ),
        click.option("--wait-for-everything", is_flag=True, help="Wait for combos and index values, too."),
        click.option("--journal", type=click.Path(path_type=Path), help="Write all messages and faults to this file."),
        click.option("--scenario", type=FILE, help="Play the faults of this TOML file."),
        click.option(
            "--tier",
            type=click.Choice(list(READ_TIERS)),
            default=limits.tier,
            show_default=True,
            help="Rate limit of each key's REST requests.",
        ),
        click.option(
            "--connections-max",
            type=AT_LEAST_ONE,
            default=limits.connections_max,
            show_default=True,
            help="For one key.",
        ),
        click.option(
            "--subscription-markets-max",
            type=AT_LEAST_ONE,
            default=limits.subscription_markets_max,
            show_default=True,
            help="More markets in a subscription: error 26.",
        ),
        click.option(
            "--commands-per-second-max",
            type=AT_LEAST_ONE,
            default=limits.commands_per_second_max,
            show_default=True,
            help="More commands on a connection: error 27.",
        ),
        click.option(
            "--buffer-bytes-max",
            type=AT_LEAST_ONE,
            default=limits.buffer_bytes_max,
            show_default=True,
            help="More unread bytes: error 25.",
        ),
        click.option(
            "--stale-seconds",
            type=NOT_NEGATIVE,
            default=0.0,
            show_default=True,
            help="Maximum age of answers to unsigned requests.",
        ),
        click.option(
            "--live-seconds",
            type=NOT_NEGATIVE,
            default=limits.live_seconds,
            show_default=True,
            help="Older trades are historical only.",
        ),
        click.option("--deflate/--no-deflate", default=False, show_default=True, help="Offer permessage-deflate."),
        click.option(
            "--removed-fields/--no-removed-fields", default=False, help="Send fields that the exchange has removed."
        ),
        click.option("--without", type=FIELD_NAMES, default=NO_FIELDS, help="Leave these fields out of all messages."),
        click.option("--rollout", type=int, metavar="SEED", help="Change the fields of single connections at random."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _read_options(keys: tuple[str, ...], scenario: Path | None, named: dict[str, Any]) -> ExchangeOptions:
    faults = read_scenario(scenario) if scenario else []
    own = {name: named.pop(name) for name in ("port", "clients", "wait_for_everything", "journal", "rollout")}
    ring = KeyRing(dict(_key(each) for each in keys))
    return ExchangeOptions(keys=ring, faults=faults, limits=Limits(**named), **own)


@program("simulator")
def main() -> None:
    """A local exchange with the wire protocol of the real one, which records everything that it publishes.

    \b
    Examples:
      simulator run --markets 200 --key my-key-id=public.pem --port 8080 --journal journal.jsonl
      simulator replay frames.jsonl --key my-key-id=public.pem --port 8080
      simulator verify --journal journal.jsonl --production "host=127.0.0.1 dbname=kalshi"
    """  # noqa: D301 - click reads the escape


main.epilog = describe()


@main.command(epilog=describe())
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same run.")
@click.option(
    "--markets",
    type=click.IntRange(1, MARKETS_MAX),
    default=200,
    show_default=True,
    help="Markets at the start, up to 20,000.",
)
@click.option(
    "--rate",
    type=Amount(0, RATE_MAX),
    default=300.0,
    show_default=True,
    help="Order-book deltas per second, up to 50,000; 0 for none.",
)
@click.option(
    "--lifecycles",
    type=Amount(0, RATE_MAX),
    default=1.0,
    show_default=True,
    help="Pauses, early closes, new markets … per second.",
)
@click.option(
    "--seconds", type=NOT_NEGATIVE, default=30.0, show_default=True, help="How long markets live; 0 for no end."
)
@click.option("--unpaced", is_flag=True, help="Publish as fast as clients read instead of in real time.")
@exchange_options(clients=0)
def run(
    seed: int,
    markets: int,
    rate: float,
    lifecycles: float,
    seconds: float,
    unpaced: bool,
    keys: tuple[str, ...],
    scenario: Path | None,
    **named: Any,
) -> None:
    """Run made-up markets, then keep serving until SIGTERM; SIGUSR1 ends the markets early.

    Standard output gets one JSON object per line for each event: listening (with the addresses), waiting (for
    what), started, progress, finished.
    """
    options = _read_options(keys, scenario, named)
    rates = {"deltas_per_second": rate, "lifecycles_per_second": lifecycles}
    settings = ModelSettings(seed=seed, markets=markets, seconds=seconds, unpaced=unpaced, **rates)
    model = MarketModel(settings, Publisher(Journal(options.journal), options.limits), announce)
    everything = options.wait_for_everything
    asyncio.run(options.serve(model, lambda: model.run(options.clients, everything=everything), model.close))


@main.command(epilog=describe())
@click.argument("recordings", type=FILE, nargs=-1, required=True)
@click.option(
    "--seconds", type=SECONDS, default=30.0, show_default=True, help="Play longer recordings faster, within this time."
)
@exchange_options(clients=1)
def replay(
    recordings: tuple[Path, ...], seconds: float, keys: tuple[str, ...], scenario: Path | None, **named: Any
) -> None:
    """Play RECORDINGS, one after the other, to every client, then keep serving until SIGTERM.

    Standard output gets one JSON object per line for each event: listening (with the addresses), waiting (for
    what), started, progress, finished.
    """
    options = _read_options(keys, scenario, named)
    frames = [frame for recording in recordings for frame in read_recording(recording)]
    player = Replay(frames, options.journal, announce, options.limits)
    everything = options.wait_for_everything
    asyncio.run(
        options.serve(player, lambda: player.run(options.clients, seconds, everything=everything), player.close)
    )


@main.command()
@click.option("--journal", type=FILE, required=True, help="The journal of the exchange.")
@click.option("--production", required=True, metavar="DSN", help="The production database, without a password.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def verify(journal: Path, production: str, as_json: bool) -> None:
    """Compare production with a journal; exit 1 if they differ."""
    found = verify_journal(production, journal)
    click.echo(msgspec.json.encode(found)) if as_json else show(found)
    sys.exit(0 if found.complete else 1)


def _key(option: str) -> tuple[str, Path]:
    key_id, separator, file = option.partition("=")
    if not separator or not Path(file).is_file():
        raise click.BadParameter(f"{option!r} is not ID=FILE with an existing file", param_hint="--key")
    return key_id, Path(file)
