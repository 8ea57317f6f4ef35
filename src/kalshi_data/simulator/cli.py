"""The simulator's command line."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from kalshi_data.cli.options import SECONDS, Amount
from kalshi_data.cli.program import program
from kalshi_data.errors import KalshiDataError
from kalshi_data.simulator.archive_options import archive_options, take_choice
from kalshi_data.simulator.exchange_options import FILE, NOT_NEGATIVE, exchange_options
from kalshi_data.simulator.faults.scenarios import Fault, describe, read_scenario
from kalshi_data.simulator.feed.publisher import Publisher
from kalshi_data.simulator.feed.start_condition import StartCondition
from kalshi_data.simulator.journal import Journal
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.limits import Limits
from kalshi_data.simulator.model.venue import MarketModel, ModelSettings
from kalshi_data.simulator.player import Replay
from kalshi_data.simulator.process import announce, serve
from kalshi_data.simulator.server import ExchangeServer, PublishingVenue
from kalshi_data.simulator.venue.recording import read_recording
from kalshi_data.simulator.verification import show, verify_journal

MARKETS_MAX = 20_000
RATE_MAX = 50_000


class ExchangeOptions(NamedTuple):
    """The options of an exchange, of the model or of a recording."""

    keys: KeyRing
    port: int
    start: StartCondition
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


def _read_options(keys: tuple[str, ...], scenario: Path | None, named: dict[str, Any]) -> ExchangeOptions:
    faults = read_scenario(scenario) if scenario else []
    own = {name: named.pop(name) for name in ("port", "journal", "rollout")}
    start = StartCondition(*(named.pop(name) for name in ("clients", "wait_for_everything", "connections_per_channel")))
    ring = KeyRing(dict(_key(each) for each in keys))
    return ExchangeOptions(keys=ring, start=start, faults=faults, limits=Limits(**named), **own)


@program("simulator")
def main() -> None:
    """A local exchange with the wire protocol of the real one, which records everything that it publishes.

    \b
    Examples:
      simulator run --key my-key-id=public.pem --port 8080 --journal journal.jsonl
      simulator replay frames.jsonl --key my-key-id=public.pem --port 8080
      simulator verify --journal journal.jsonl --production dbname=kalshi
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
    asyncio.run(options.serve(model, lambda: model.run(options.start), model.close))


@main.command(epilog=describe())
@click.argument("recordings", type=FILE, nargs=-1)
@click.option(
    "--seconds", type=SECONDS, default=30.0, show_default=True, help="Play longer recordings faster, within this time."
)
@archive_options
@exchange_options(clients=1)
def replay(
    recordings: tuple[Path, ...], seconds: float, keys: tuple[str, ...], scenario: Path | None, **named: Any
) -> None:
    """Play RECORDINGS, one after the other, or a window of an archive to every client; then serve until SIGTERM.

    Standard output gets one JSON object per line for each event: listening (with the addresses), waiting (for
    what), started, progress, gap, finished.

    \b
    Examples:
      simulator replay frames.jsonl --key my-key-id=public.pem
      simulator replay --archive archive --key my-key-id=public.pem
        --from 2026-11-02T15:00 --to 2026-11-02T15:30
      simulator replay --archive s3://BUCKET/parquet --region us-east-1
        --from 2026-11-02T15:00 --to 2026-11-02T16:00 --speed 10
        --market 'KXFED-*' --key my-key-id=public.pem
    """  # noqa: D301 - click reads the escape
    choice = take_choice(named)
    if (choice is None) == (not recordings):
        raise click.UsageError("name recordings to play, or a window of an archive by --archive, --from and --to")
    options = _read_options(keys, scenario, named)
    if choice is not None:
        play_archive(choice, options)
        return
    frames = [frame for recording in recordings for frame in read_recording(recording)]
    player = Replay(frames, options.journal, announce, options.limits)
    asyncio.run(options.serve(player, lambda: player.run(options.start, seconds), player.close))


def play_archive(choice: dict[str, Any], options: ExchangeOptions) -> None:
    """Play a window of an archive, which needs more libraries than a recording does.

    Raises:
        KalshiDataError: they are missing, or the window cannot be played.
    """
    if find_spec("pyarrow") is None:
        raise KalshiDataError("an archive needs pyarrow: pip install 'kalshi-data[simulator,reader]'")
    from kalshi_data.simulator.replay.command import ArchiveChoice, serve_archive  # noqa: PLC0415

    serve_archive(ArchiveChoice(**choice), options)


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
