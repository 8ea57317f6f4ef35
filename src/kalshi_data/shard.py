"""One of several equal parts of all markets, so that several processes can share the work."""

import hashlib
from typing import NamedTuple

from kalshi_data.errors import SettingsError


class Shard(NamedTuple):
    """Part `number` of `parts`, counted from 1."""

    number: int
    parts: int

    def __str__(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.number}/{self.parts}"

    def holds(self, market_ticker: str) -> bool:
        """Tell whether a market belongs to this part: by a digest of its ticker, the same everywhere and for ever."""
        # A checksum would do as well, were not tickers so alike that whole groups of them share its low bits.
        digest = hashlib.blake2b(market_ticker.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % self.parts == self.number - 1


EVERYTHING = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """Return the part that "i/n" names.

    Raises:
        SettingsError: the text names none.
    """
    number, slash, parts = text.partition("/")
    whole = number.isdecimal() and number.isascii() and parts.isdecimal() and parts.isascii()
    if not slash or not whole or not 1 <= int(number) <= int(parts):
        raise SettingsError(f"--shard {text}: expected i/n with 1 <= i <= n, such as 2/3 for the second of three parts")
    return Shard(int(number), int(parts))
