"""Accepts TLS connections for servers without TLS.

usage: python -m tests.deployment.hosts.services.relay CERTIFICATE ADDRESS:PORT=ADDRESS:PORT ...
"""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Sequence

CHUNK_BYTES = 1 << 16


async def serve(certificate: str, routes: Sequence[str]) -> None:
    """Relay until this process is stopped."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with contextlib.AsyncExitStack() as stack:
        for route in routes:
            outer, inner = (end.rsplit(":", 1) for end in route.split("="))
            relay = Relay(inner[0], int(inner[1]))
            server = await asyncio.start_server(relay.accept, outer[0], int(outer[1]), ssl=context)
            await stack.enter_async_context(server)
        await asyncio.Event().wait()


class Relay:
    """One route from a TLS address to a plain one."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either side closes it."""
        try:
            inner_reader, inner_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction; its end also closes the other."""
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2:]))
