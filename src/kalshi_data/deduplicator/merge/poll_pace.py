"""How long a stream waits between two ticks: the more rows arrive, the shorter."""

# Fewer rows are not worth a tick of their own if more of them come soon.
WORTHWHILE_ROWS = 300
# How much the last tick counts in the mean of the rows that arrive.
NEWEST_WEIGHT = 0.2


class PollPace:
    """The pauses between the ticks of one stream."""

    def __init__(self, poll_seconds: float) -> None:
        """Let ticks begin at least every `poll_seconds`, if they do not take longer."""
        self._poll_seconds = poll_seconds
        self._pause_seconds = poll_seconds
        self._rows_per_second = 0.0

    def hurry(self) -> None:
        """Note that no pause follows a tick, since rows wait already; how many says nothing about how many arrive."""
        self._pause_seconds = 0.0

    def pause_seconds(self, rows: int, tick_seconds: float) -> float:
        """Return how long to wait after a tick that took `tick_seconds` and polled `rows` rows.

        The pause lasts until about WORTHWHILE_ROWS have arrived, but no less than the tick, so that production is idle
        for half of the time, and no more than `poll_seconds` less the tick.
        """
        arrived = rows / (self._pause_seconds + tick_seconds) if rows else 0.0
        self._rows_per_second += (arrived - self._rows_per_second) * NEWEST_WEIGHT
        longest = max(0.0, self._poll_seconds - tick_seconds)
        enough = WORTHWHILE_ROWS / self._rows_per_second if self._rows_per_second else longest
        self._pause_seconds = min(max(enough, tick_seconds), longest)
        return self._pause_seconds
