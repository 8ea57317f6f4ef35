"""An exchange as a process: it listens, lets its markets live, and stops on a signal."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
from aiohttp import web

from kalshi_data.simulator.faults.scenarios import Fault
from kalshi_data.simulator.server import API, FEED, Exchange

HOST = "127.0.0.1"


async def serve(
    exchange: Exchange,
    live: Callable[[], Coroutine[Any, Any, None]],
    close: Callable[[], None],
    port: int,
    faults: Sequence[Fault] = (),
) -> None:
    """Serve until SIGTERM or SIGINT; on SIGUSR1 publish nothing more, but serve on."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(exchange.application(), handle_signals=False, shutdown_timeout=1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    address = f"{HOST}:{runner.addresses[0][1]}"
    announce({"event": "listening", "rest_url": f"http://{address}{API}", "websocket_url": f"ws://{address}{FEED}"})
    exchange.faults.schedule(faults)
    living = asyncio.ensure_future(live())
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, living.cancel)
    await _wait_for_stop(asyncio.ensure_future(stop.wait()), living)
    living.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await living
    exchange.faults.close()
    await runner.cleanup()
    close()


async def _wait_for_stop(stopping: asyncio.Future[Any], living: asyncio.Future[None]) -> None:
    """Return at stop; a failure of the markets is raised at once, and their end on request is told."""
    await asyncio.wait((stopping, living), return_when=asyncio.FIRST_COMPLETED)
    if living.cancelled():
        announce({"event": "finished"})
    elif living.done():
        living.result()
    await stopping


def announce(event: dict[str, Any]) -> None:
    """Tell whoever reads standard output."""
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()
