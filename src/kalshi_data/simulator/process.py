"""Serve an exchange as a process: listen, run its markets, and stop on a signal."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
from aiohttp import web

from kalshi_data.simulator.faults.scenarios import Fault
from kalshi_data.simulator.server import API, FEED, ExchangeServer

HOST = "127.0.0.1"


async def serve(
    exchange: ExchangeServer,
    run_markets: Callable[[], Coroutine[Any, Any, None]],
    close: Callable[[], None],
    port: int,
    faults: Sequence[Fault] = (),
) -> None:
    """Serve until SIGTERM or SIGINT; on SIGUSR1 end the markets but keep serving."""
    stop = asyncio.Event()

    def request_stop() -> None:
        if not stop.is_set():
            stop.set()
            sys.stderr.write("stopping ...\n")

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, request_stop)
    runner = web.AppRunner(exchange.application(), handle_signals=False, shutdown_timeout=1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        # asyncio's own text repeats the errno; the reason and the remedy are the reader's.
        await runner.cleanup()
        raise OSError(error.errno, error.strerror, f"{HOST}:{port}") from error
    address = f"{HOST}:{runner.addresses[0][1]}"
    announce({"event": "listening", "rest_url": f"http://{address}{API}", "websocket_url": f"ws://{address}{FEED}"})
    exchange.faults.schedule(faults)
    markets = asyncio.ensure_future(run_markets())
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, markets.cancel)
    await _wait_for_stop(asyncio.ensure_future(stop.wait()), markets)
    markets.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await markets
    exchange.faults.close()
    await runner.cleanup()
    close()


async def _wait_for_stop(stopping: asyncio.Future[Any], markets: asyncio.Future[None]) -> None:
    """Wait for the stop signal; raise an error of the markets at once, and announce their end by SIGUSR1."""
    await asyncio.wait((stopping, markets), return_when=asyncio.FIRST_COMPLETED)
    if markets.cancelled():
        announce({"event": "finished"})
    elif markets.done():
        markets.result()
    await stopping


def announce(event: dict[str, Any]) -> None:
    """Write an event to standard output as a line of JSON."""
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()
