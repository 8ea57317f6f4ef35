"""Locks in production: of several deduplicators only one does a task at a time.

A lock is a row of ops.locks, since any role may take the advisory locks of PostgreSQL. It is held by a session, like an
advisory lock, and free as soon as the session ends. Two things are added for sessions whose client has vanished, of
which the server does not know yet: a holder that connects again ends its session of before, and a session that is
silent for longer than its holder promised is ended by whoever wants the lock. Further sessions may work for a holder:
it is silent only if all are, and they end with it. A transaction that confirms the lock
first commits only while it is held, so a holder that was only slow cannot write beside its successor.
"""

from uuid import uuid4

import structlog

from kalshi_data.database.connection import Connection, query
from kalshi_data.errors import LockLost

log = structlog.get_logger()

# A holder confirms its locks about this often when it has nothing else to do.
CONFIRM_SECONDS = 5.0
# A session that is silent for this time has lost its client: less than half a minute, with the time to take over.
SILENCE_SECONDS_MAX = 20.0
# How long to wait for the end of a session.
END_SECONDS_MAX = 2.0


class SessionLock:
    """One lock, as one part of the program takes it on its connection."""

    def __init__(self, name: str, silence_seconds_max: float | None = SILENCE_SECONDS_MAX) -> None:
        """Prepare to take the lock; None in `silence_seconds_max` means that the holder may be silent for ever."""
        self.name = name
        self._key = {"name": name, "holder": uuid4()}
        self._pid: int | None = None
        self._silence_seconds_max = silence_seconds_max

    def take(self, production: Connection) -> bool:
        """Take the lock for this connection; return False if another session holds it."""
        ended = production.execute(query("production/locks/end_holder"), {**self._key, "seconds_max": END_SECONDS_MAX})
        for pid, has_ended in ended.fetchall():
            log.info("session ended, its client is gone", lock=self.name, pid=pid, has_ended=has_ended)
        production.execute(query("production/locks/release_other_shards"), self._key)
        wanted = {**self._key, "silence_seconds_max": self._silence_seconds_max}
        taken = production.execute(query("production/locks/take"), wanted).fetchone()
        self._pid = taken[0] if taken else None
        return taken is not None

    def add_session(self, production: Connection) -> None:
        """Note that this connection works for the holder: it is not silent meanwhile, and whoever ends it ends this."""
        production.execute(query("production/locks/add_session"), self._key)

    def confirm(self, production: Connection) -> None:
        """Confirm that the lock is held as it was taken, until the end of the transaction if there is one.

        `production` may be another connection than the one that took it: its transaction commits before anyone else
        takes the lock.

        Raises:
            LockLost: another session has taken over.
        """
        if production.execute(query("production/locks/confirm"), {**self._key, "pid": self._pid}).fetchone() is None:
            raise LockLost(f"another deduplicator has taken over {self.name}: waiting for it to end")

    def give_back(self, production: Connection) -> None:
        """Give the lock back; the connection stays open."""
        production.execute(query("production/locks/give_back"), self._key)
