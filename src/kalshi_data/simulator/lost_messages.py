"""The published messages that production does not hold, with what production says of their minutes."""

from datetime import datetime

import msgspec

from kalshi_data.database.connection import Connection, query


class LostMessage(msgspec.Struct, frozen=True):
    """One message that production does not hold.

    Attributes:
        stream: The stream.
        market: The market of an order book; empty for a stream that is received for all markets at once.
        published_at: When the exchange published it (UTC).
        state: What production says of its minute: gap, covered and so on, or none if nothing was expected in it.
        connections: To how many connections it was sent.
        clients: The keys that were sent it on a connection that lasted for another second.
    """

    stream: str
    market: str
    published_at: datetime
    state: str
    connections: int
    clients: list[str]


def list_lost(connection: Connection, stream: str) -> list[LostMessage]:
    """Return the messages of a stream that production lacks, after `count_stream` compared it on this connection."""
    rows = connection.execute(query("verification/facts/list_lost"), {"stream": stream}).fetchall()
    return [LostMessage(*row) for row in rows]
