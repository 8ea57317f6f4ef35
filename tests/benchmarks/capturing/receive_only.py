"""Receives what a gatherer receives and does nothing with it: URL KEY_ID KEY_FILE SECONDS; prints one JSON object.

The connections are the gatherer's: the same client of websockets with the same options, and as many of them. What it
takes in a second is the limit of a gatherer that spends no time on frames.
"""

import asyncio
import sys
import time
from itertools import count
from pathlib import Path

import click
import msgspec

from kalshi_data.gatherer.connections.settings import SubscriptionSettings
from kalshi_data.kalshi.auth import Signer, load_signer
from kalshi_data.kalshi.commands import Command, subscribe
from kalshi_data.kalshi.feed import BOOK_CHANNEL, CHANNELS_OF_ALL_MARKETS, FeedConnection, open_feed
from tests.benchmarks.capturing.exchange import market_tickers

# After this time the snapshots have arrived, and every connection receives at its rate.
WARM_SECONDS = 2.0


class FrameCounter:
    """Takes frames and counts them."""

    def __init__(self) -> None:
        """Start before the first frame."""
        self._numbers = count()
        self._next = self._numbers.__next__

    def take(self, _frame: bytes) -> None:
        """Count a frame."""
        self._next()

    def taken(self) -> int:
        """Return how many frames were taken since the last call."""
        frames = next(self._numbers)
        self._numbers = count()
        self._next = self._numbers.__next__
        return frames


async def receive(url: str, signer: Signer, seconds: float) -> dict[str, float]:
    """Return how many frames all connections received in some seconds, and the processor time that this took."""
    counter, settings = FrameCounter(), SubscriptionSettings()
    of_all_markets = [subscribe(channel) for channel in CHANNELS_OF_ALL_MARKETS]
    commands = [of_all_markets] * settings.connections_per_channel + [[subscribe(BOOK_CHANNEL, market_tickers())]]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stay_connected(url, signer, counter, each)) for each in commands]
        await asyncio.sleep(WARM_SECONDS)
        counter.taken()
        began, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        frames = counter.taken()
        elapsed, used = time.perf_counter() - began, time.process_time() - used
        for task in tasks:
            task.cancel()
    return {"frames": float(frames), "seconds": elapsed, "cpu_seconds": used}


async def stay_connected(url: str, signer: Signer, counter: FrameCounter, commands: list[Command]) -> None:
    """Open a connection, subscribe, and take frames until the task is cancelled."""
    async with open_feed(url, signer) as websocket:
        assert isinstance(websocket, FeedConnection)
        websocket.take = counter.take
        for number, command in enumerate(commands, start=1):
            await websocket.send(msgspec.json.encode({"id": number, **command}), text=True)
        await websocket.wait_closed()


def main(url: str, key_id: str, key_file: str, seconds: str) -> None:
    """Print the figures."""
    click.echo(msgspec.json.encode(asyncio.run(receive(url, load_signer(key_id, Path(key_file)), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
