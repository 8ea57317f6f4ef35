"""The simulator's command line."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec
from aiohttp import web

from kalshi_data.command_line import program
from kalshi_data.simulator.keys import KeyRing
from kalshi_data.simulator.recording import read_recording
from kalshi_data.simulator.replay import Replay
from kalshi_data.simulator.server import API, FEED, Exchange

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
HOST = "127.0.0.1"


@program("simulator")
def main() -> None:
    """A local exchange with the wire protocol of the real one.

    \b
    Example:
      simulator replay frames.jsonl --key my-key-id=public.pem --port 8080
    """  # noqa: D301 - click reads the escape


@main.command()
@click.argument("recording", type=FILE)
@click.option("--key", "keys", multiple=True, required=True, metavar="ID=FILE", help="A client's public key in PEM.")
@click.option("--port", default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--clients", default=1, show_default=True, help="Play once this many keys subscribed every market.")
@click.option("--seconds", default=30.0, show_default=True, help="Longer recordings are compressed to this time.")
@click.option("--journal", type=click.Path(path_type=Path), help="Write every published frame to this file.")
def replay(
    recording: Path, keys: tuple[str, ...], port: int, clients: int, seconds: float, journal: Path | None
) -> None:
    """Play RECORDING to every client, then serve on until SIGTERM.

    What happens is told on standard output, one JSON object a line: listening (with the addresses), started, progress,
    finished.
    """
    player = Replay(read_recording(recording), journal, announce)
    exchange = Exchange(player, KeyRing(dict(_key(each) for each in keys)))
    asyncio.run(serve(exchange, player, port, clients, seconds))


async def serve(exchange: Exchange, player: Replay, port: int, clients: int, seconds: float) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(exchange.application(), handle_signals=False, shutdown_timeout=1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    address = f"{HOST}:{runner.addresses[0][1]}"
    announce({"event": "listening", "rest_url": f"http://{address}{API}", "websocket_url": f"ws://{address}{FEED}"})
    playing = asyncio.ensure_future(player.run(clients, seconds))
    await wait_for_any((asyncio.ensure_future(stop.wait()),), playing)
    playing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await playing
    player.close()
    await runner.cleanup()


async def wait_for_any(stopping: Iterable[asyncio.Future[Any]], playing: asyncio.Future[None]) -> None:
    """Return at stop; a failure of the replay is raised at once."""
    await asyncio.wait((*stopping, playing), return_when=asyncio.FIRST_COMPLETED)
    if playing.done():
        playing.result()
        await asyncio.wait(stopping)


def announce(event: dict[str, Any]) -> None:
    """Tell whoever reads standard output."""
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()


def _key(option: str) -> tuple[str, Path]:
    key_id, separator, file = option.partition("=")
    if not separator or not Path(file).is_file():
        raise click.BadParameter(f"{option!r} is not ID=FILE with a file that exists", param_hint="--key")
    return key_id, Path(file)
