"""A part of all markets, so that several processes can share the work."""

import hashlib
from typing import NamedTuple

from kalshi_data.errors import SettingsError


class Shard(NamedTuple):
    """Part `number` of `parts`, counted from 1."""

    number: int
    parts: int

    def __str__(self) -> str:
        """Return the part as the command line writes it."""
        return f"{self.number}/{self.parts}"

    def holds(self, market_ticker: str) -> bool:
        """Return whether a market belongs to this part, which never changes: its ticker's digest decides."""
        # Not a checksum: tickers resemble each other so much that whole groups of them share its low bits.
        digest = hashlib.blake2b(market_ticker.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.parts == self.number - 1


EVERYTHING = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """Parse "i/n", or "i-of-n" as in the name of a unit.

    Raises:
        SettingsError: the text is not a part.
    """
    number, slash, parts = text.replace("-of-", "/", 1).partition("/")
    whole = number.isdecimal() and number.isascii() and parts.isdecimal() and parts.isascii()
    if not slash or not whole or not 1 <= int(number) <= int(parts):
        raise SettingsError(f"--shard {text}: expected i/n with 1 <= i <= n, such as 2/3 for the second of three parts")
    return Shard(int(number), int(parts))
