"""Connections through this machine's own TCP proxy, which can be cut, and can stand still as on a bad network."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

CHUNK_BYTES = 1 << 16
Address = tuple[str, int] | Path


class Line:
    """All connections from one program to one server."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target: Address) -> None:
        """Prepare to connect to a port, or to the socket of a PostgreSQL server."""
        self._loop = loop
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        """Take connections at a free port of this machine."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Take no more connections, and break those there are."""
        if self._server:
            self._server.close()
        self._abort()

    def cut(self) -> None:
        """Break all present connections."""
        self._loop.call_soon_threadsafe(self._abort)

    def stall(self) -> None:
        """Forward nothing, and close nothing."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def resume(self) -> None:
        """Forward again, what was held back first."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def _abort(self) -> None:
        for each in tuple(self._writers):
            each.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._flows.wait()
            if isinstance(self._target, Path):
                there = await asyncio.open_unix_connection(self._target)
            else:
                there = await asyncio.open_connection(*self._target)
            self._writers.add(there[1])
            with suppress(ConnectionError):
                await asyncio.gather(self._forward(reader, there[1]), self._forward(there[0], writer))
            self._close(there[1])
        except OSError:
            pass
        finally:
            self._close(writer)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        finally:
            with suppress(OSError, RuntimeError):
                writer.write_eof()

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()


class Proxies:
    """Runs lines in a thread of its own until its context ends."""

    def __init__(self) -> None:
        """Prepare the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._lines: list[Line] = []

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all connections and the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def line(self, target: Address) -> Line:
        """Return a new line to a server."""
        line = Line(self._loop, target)
        asyncio.run_coroutine_threadsafe(line.listen(), self._loop).result(10)
        self._lines.append(line)
        return line

    async def _end(self) -> None:
        for line in self._lines:
            line.close()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
