"""A TCP proxy before a PostgreSQL server that can stop forwarding without closing, as a lost network does."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from psycopg.conninfo import make_conninfo

from tests.support.engines import Database

CHUNK_BYTES = 65_536


class SilentProxy:
    """Forwards connections to the server's socket; after lose() it keeps the connections and forwards nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = str(database.server.socket / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._flows = threading.Event()
        self._flows.set()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> int:
        return len(self._sockets) // 2

    def conninfo(self, user: str) -> str:
        port = self._listener.getsockname()[1]
        return make_conninfo("", host="127.0.0.1", port=port, dbname=self._database.name, user=user)

    def lose(self) -> None:
        """Forward nothing more of the present connections, ever, and close none of them."""
        self._flows.clear()
        self._flows = threading.Event()

    def restore(self) -> None:
        """Forward new connections again."""
        self._flows.set()

    def refuse(self) -> None:
        """Take no further connections; the present ones stay as they are."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self._listener.close()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                flows = self._flows
                if not flows.is_set():
                    self._sockets += (client, client)
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._path)
                self._sockets += (client, server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=(*pair, flows), daemon=True).start()

    @staticmethod
    def _forward(source: socket.socket, target: socket.socket, flows: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if not flows.is_set():
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def silent_proxy(database: Database) -> Generator[SilentProxy]:
    proxy = SilentProxy(database)
    try:
        yield proxy
    finally:
        proxy.close()
