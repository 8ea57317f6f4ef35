"""The faults that this exchange can be told to have: by a scenario file before, by the admin endpoint while it runs.

A scenario file is TOML: a list of [[faults]], each with the `name` of a scenario below and, where wanted,
`after_seconds` (from the start of the program), `seconds`, `count`, `connection` or `client`.
"""

from pathlib import Path

import msgspec

from kalshi_data.errors import SettingsError

SCENARIOS = {
    "drop_frames": "the next COUNT data frames of a connection are never sent: a gap in its numbers",
    "drop_seconds": "nothing that one connection should get within SECONDS is sent",
    "reorder": "one connection gets everything SECONDS later than the others",
    "disconnect": "a connection ends without a close frame",
    "disconnect_in_snapshots": "a connection ends after COUNT more snapshots",
    "silence": "a connection stays open for SECONDS but gets no frame and no ping",
    "overflow": "a connection's order-book subscription ends with error 25, as for a slow reader",
    "channel_error": "a connection's order-book subscription ends with error 10",
    "command_timeout": "the next command of a connection is refused with error 18",
    "market_limit": "the next command of a connection is refused with error 26",
    "command_limit": "the next command of a connection is refused with error 27",
    "refuse_connections": "new connections are answered with 429 for SECONDS",
    "rest_429": "every REST request is answered with 429 for SECONDS",
    "rest_500": "every REST request is answered with 500 for SECONDS",
    "truncated_pages": "REST pages break off in the middle for SECONDS",
    "repeated_pages": "REST pages answer every cursor with the first page again for SECONDS",
    "not_found_after_created": "a market is not found over REST until SECONDS after it was created, for good",
    "maintenance": "everybody is disconnected for SECONDS, and each market's clock begins anew",
    "no_deprecated_fields": "COUNT frames of a connection lack the fields that are called deprecated",
    "unknown_fields": "COUNT frames of a connection have fields that nobody documented",
    "unknown_type": "a connection gets COUNT frames of a type that nobody documented, each with a number",
    "empty_market_id": "COUNT frames of a connection have an empty market_id",
    "malformed_json": "COUNT frames of a connection break off in the middle",
    "wrong_decimals": "COUNT frames of a connection have prices with six decimals",
    "clock_skew": "the exchange's wall clock is SECONDS ahead of the host's, for good",
}
# Faults of one connection; the others are of the whole exchange.
OF_EXCHANGE = frozenset(
    {
        *("refuse_connections", "rest_429", "rest_500", "truncated_pages", "repeated_pages"),
        *("not_found_after_created", "maintenance", "clock_skew"),
    }
)
SECONDS_DEFAULT = {"drop_seconds": 1.0, "reorder": 0.5, "silence": 30.0, "maintenance": 2.0, "clock_skew": 5.0}


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault as it is asked for; without `connection` or `client` the first connection with books is meant."""

    name: str
    after_seconds: float = 0.0
    seconds: float | None = None
    count: int = 1
    connection: int | None = None
    client: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is none, and numbers that mean nothing."""
        if self.name not in SCENARIOS:
            raise ValueError(f"{self.name!r} is no fault, known are: {', '.join(SCENARIOS)}")
        if self.count < 1 or self.after_seconds < 0 or (self.seconds is not None and self.seconds < 0):
            raise ValueError("count must be at least 1, and seconds not negative")

    @property
    def lasting_seconds(self) -> float:
        """How long it lasts."""
        return SECONDS_DEFAULT.get(self.name, 10.0) if self.seconds is None else self.seconds


class Scenario(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A scenario file."""

    faults: list[Fault] = []


def read_scenario(path: Path) -> list[Fault]:
    """Return the faults of a scenario file.

    Raises:
        SettingsError: it cannot be read, or names a fault that is none.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Scenario).faults
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def describe() -> str:
    r"""Return every scenario in one line, as a block that click leaves alone."""
    return "\b\nFaults, for --scenario and POST /admin/faults:\n" + "\n".join(
        f"  {name:24} {text}" for name, text in SCENARIOS.items()
    )
