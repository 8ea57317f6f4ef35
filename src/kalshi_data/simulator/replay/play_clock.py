"""When each moment of a window is played, and which time stands for it in messages and in answers of REST."""

import re
from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
SPEED_UNITS = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Earlier times stand for none.
PLAUSIBLE_FROM_YEAR = 2000
TEXT = re.compile(rb'(\\?")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)(\\?")')
# Seconds or milliseconds since 1970, under a name that says that it is a time.
NAMED = rb'\\?"(?:\w+_)?(?:ts|time|date|received_at)(?:_ms)?(?:_exclusive)?\\?"\s*:\s*'
NUMBER = re.compile(rb"(" + NAMED + rb")([1-9]\d{12}|[1-9]\d{9})(?![\d.eE])")


class PlayClock:
    """Maps the times of a window to those at which it is played; all are microseconds since 1970.

    The window's beginning is at `start_us`, which is a guess until start() is called. At speed 1 all times move by
    whole seconds, so that a time keeps its digits. With `keeps_times` messages have the times of the archive.
    """

    def __init__(self, from_us: int, speed: float = 1.0, *, keeps_times: bool = False) -> None:
        """Play what happened from a moment on, at a speed from 0.001 to any."""
        self.from_us = from_us
        self.keeps_times = keeps_times
        self.start_us = from_us
        self._rate = max(1, round(speed * SPEED_UNITS))

    def start(self, now_us: int) -> None:
        """Let the window begin at the next moment that is a number of whole seconds after its own time."""
        self.start_us = now_us + (self.from_us - now_us) % SECOND_US

    def due_us(self, at_us: int) -> int:
        """Return when a moment of the window is played."""
        return self.start_us + (at_us - self.from_us) * SPEED_UNITS // self._rate

    def played_us(self, now_us: int) -> int:
        """Return the moment of the window that is played at a time."""
        return self.from_us + (now_us - self.start_us) * self._rate // SPEED_UNITS

    def moved(self, at_us: int) -> int:
        """Return the time that stands for a moment in messages."""
        return at_us if self.keeps_times else self.due_us(at_us)

    def moved_body(self, body: bytes) -> bytes:
        """Return JSON with each of its times moved; everything else stays as it is, byte by byte.

        Example:
            >>> clock = PlayClock(0)
            >>> clock.start(86_400_000_000)
            >>> clock.moved_body(b'{"close_ts":1793631600,"size":1793631600,"at":"2026-11-02T15:00:00Z"}')
            b'{"close_ts":1793718000,"size":1793631600,"at":"2026-11-03T15:00:00Z"}'
        """
        if self.keeps_times:
            return body
        return NUMBER.sub(self._moved_number, TEXT.sub(self._moved_text, body))

    def _moved_number(self, found: re.Match[bytes]) -> bytes:
        number = int(found[2])
        unit = SECOND_US if len(found[2]) == 10 else 1_000
        return b"%b%d" % (found[1], self.moved(number * unit) // unit)

    def _moved_text(self, found: re.Match[bytes]) -> bytes:
        fraction = (found[3] or b"")[1:]
        try:
            at = datetime.fromisoformat(f"{found[2].decode()}{found[4].decode()}")
            if at.year < PLAUSIBLE_FROM_YEAR:
                return found[0]
            at_us = (at - EPOCH) // timedelta(microseconds=1) + int(fraction[:6].ljust(6, b"0"))
            moved = EPOCH + timedelta(microseconds=self.moved(at_us))
        except (ValueError, OverflowError):
            return found[0]
        digits = f".{moved.microsecond:06d}"[: len(fraction) + 1] if fraction else ""
        return b"%b%b%bZ%b" % (found[1], f"{moved:%Y-%m-%dT%H:%M:%S}".encode(), digits.encode(), found[5])
