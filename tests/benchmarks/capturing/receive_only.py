"""Receives what a gatherer receives and does nothing with it: URL KEY_ID KEY_FILE SECONDS; prints one JSON object.

It is a loop over a connection of the library websockets, for as many connections as a gatherer has. What it takes in a
second is the limit of a gatherer that spends no time on frames.
"""

import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec
from websockets.asyncio.client import connect

from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.kalshi.commands import Command, subscribe
from kalshi_data.kalshi.feed import BOOK_CHANNEL, CHANNELS_OF_ALL_MARKETS, MESSAGE_BYTES_MAX
from tests.benchmarks.capturing.exchange import market_tickers

# After this time the snapshots have arrived, and every connection receives at its rate.
WARM_SECONDS = 2.0


async def receive(url: str, signer: Signer, seconds: float) -> dict[str, float]:
    """Return how many frames all connections received in some seconds, and the processor time that this took."""
    received, settings = [0], SubscriptionSettings()
    of_all_markets = [subscribe(channel) for channel in CHANNELS_OF_ALL_MARKETS]
    commands = [of_all_markets] * settings.connections_per_channel + [[subscribe(BOOK_CHANNEL, market_tickers())]]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(count_messages(url, signer, each, received)) for each in commands]
        await asyncio.sleep(WARM_SECONDS)
        before, began, used = received[0], time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        frames = received[0] - before
        elapsed, used = time.perf_counter() - began, time.process_time() - used
        for task in tasks:
            task.cancel()
    return {"frames": float(frames), "seconds": elapsed, "cpu_seconds": used}


async def count_messages(url: str, signer: Signer, commands: list[Command], received: list[int]) -> None:
    """Open a connection, subscribe, and add to the number of received messages until the task is cancelled."""
    headers = signer.headers("GET", urlsplit(url).path)
    async with connect(url, additional_headers=headers, compression=None, max_size=MESSAGE_BYTES_MAX) as websocket:
        for number, command in enumerate(commands, start=1):
            await websocket.send(msgspec.json.encode({"id": number, **command}), text=True)
        async for _ in websocket:
            received[0] += 1


def main(url: str, key_id: str, key_file: str, seconds: str) -> None:
    """Print the figures."""
    click.echo(msgspec.json.encode(asyncio.run(receive(url, load_signer(key_id, Path(key_file)), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
