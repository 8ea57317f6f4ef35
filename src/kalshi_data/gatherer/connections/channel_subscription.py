"""The subscription of one channel on one connection."""

import time

from kalshi_data.errors import ExchangeError
from kalshi_data.gatherer.connections.pace import CommandPace

# A subscription that lasted this long has ended for a new reason: the next attempt follows soon.
GOOD_SUBSCRIPTION_SECONDS_MIN = 60.0
# After as many ends in a row, each of them soon after the acknowledgement, health reports the channel.
ENDS_REPORTED_MIN = 3


class ChannelSubscription:
    """The sid of a channel while it is subscribed, and when it may be subscribed again."""

    def __init__(self, channel: str) -> None:
        """Start without a subscription."""
        self.channel = channel
        self.sid: int | None = None
        self.acknowledgements = 0
        # A subscription that the exchange still has although it reported an error about it.
        self.sid_to_end: int | None = None
        self.pace = CommandPace()
        self._sid_last: int | None = None
        self._ends = CommandPace()
        self._began_at_seconds = 0.0

    @property
    def is_due(self) -> bool:
        """Whether the channel may be subscribed now."""
        return self.sid is None and self.pace.is_due and self._ends.is_due

    @property
    def is_refused(self) -> bool:
        """Whether the exchange has refused the channel several times in a row, or ended it each time."""
        return self.pace.should_divide or self.ends_repeatedly

    @property
    def ends(self) -> int:
        """How often in a row the subscription ended soon after it was acknowledged."""
        return self._ends.failures

    @property
    def ends_repeatedly(self) -> bool:
        """Whether the exchange ends each subscription soon after it acknowledged it."""
        return self._ends.failures >= ENDS_REPORTED_MIN

    @property
    def lasts(self) -> bool:
        """Whether the subscription is not likely to end for the reason for which the one before it ended."""
        age_seconds = time.monotonic() - self._began_at_seconds
        return self.sid is not None and age_seconds > GOOD_SUBSCRIPTION_SECONDS_MIN

    def acknowledged(self, sid: int) -> None:
        """Record that the exchange made a subscription."""
        self.acknowledgements += 1
        self.sid = self._sid_last = sid
        self._began_at_seconds = time.monotonic()

    def ended(self) -> float:
        """Record that the exchange ended the subscription; return the pause before the next one."""
        if self.lasts:
            self._ends.succeeded()
        self.sid = None
        return self._ends.failed()

    def still_subscribed(self) -> None:
        """Record that the exchange has a subscription already, so that it made none: end that one first."""
        if self._sid_last is None:
            raise ExchangeError(f"the exchange acknowledged {self.channel} without a subscription")
        self.sid_to_end = self._sid_last
        self.pace.failed()

    def forget_ends(self) -> None:
        """Forget how often the channel ended, since its subscription lasts."""
        self._ends.succeeded()
