"""Prints those of the given ADDRESS:PORTs that accept a connection within a second."""

import asyncio
import sys

SECONDS_MAX = 1.0


async def answers(target: str) -> bool:
    """Return whether a connection is accepted."""
    address, _, port = target.partition(":")
    try:
        async with asyncio.timeout(SECONDS_MAX):
            _, writer = await asyncio.open_connection(address, int(port))
    except OSError:
        return False
    writer.close()
    return True


async def scan(targets: list[str]) -> list[str]:
    """Return the targets that answer; all are tried at once."""
    found = await asyncio.gather(*map(answers, targets))
    return [target for target, answered in zip(targets, found, strict=True) if answered]


if __name__ == "__main__":
    sys.stdout.write("\n".join(asyncio.run(scan(sys.argv[1:]))))
