"""Decode and check a client's commands, with the exchange's error codes.

Source: the exchange's AsyncAPI description 3.34.0 and its page on WebSocket errors.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

# What a client does itself. Clients of this exchange do not trade, so these channels stay silent.
PRIVATE_CHANNELS = frozenset({"fill", "market_positions", "user_orders", "order_group_updates", "communications"})
CHANNELS = PRIVATE_CHANNELS | {
    *("orderbook_delta", "ticker", "trade", "market_lifecycle_v2", "multivariate_market_lifecycle"),
    "cfbenchmarks_value",
}
# Channels that the real exchange offers only to paying clients.
CHANNELS_RESTRICTED = frozenset({"cfbenchmarks_value_5hz", "pyth_value"})
MARKET_CHANNELS = frozenset({"orderbook_delta", "ticker", "trade"})
INDEX_CHANNEL = "cfbenchmarks_value"
UNSEQUENCED = frozenset({"ticker", "fill", "market_positions", "user_orders"})
ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    9: "Authentication required",
    10: "Channel error",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    18: "Command timeout",
    24: "Index IDs required",
    25: "Subscription buffer overflow",
    26: "Subscription market limit exceeded",
    27: "Too many requests",
}

Params = Mapping[str, Any]


class CommandError(Exception):
    """A wrong command: the error code of the answer, and the subscription it is about, if any."""

    def __init__(self, code: int, sid: int | None = None) -> None:
        """Keep the code and the subscription."""
        super().__init__(ERRORS[code])
        self.code = code
        self.sid = sid


class Command(msgspec.Struct):
    """One command; an id of 0 counts as none."""

    cmd: str = ""
    id: int | None = None
    params: dict[str, Any] | None = None

    @property
    def echo(self) -> bytes:
        """The id as every reply repeats it, encoded."""
        return b'"id":%d,' % self.id if self.id else b""


class NamedMarkets(msgspec.Struct):
    """The markets that a command names by ticker or by id."""

    tickers: list[str]
    ids: list[str]

    def __bool__(self) -> bool:
        """Return whether the command names any market."""
        return bool(self.tickers or self.ids)


def decode_command(raw: str | bytes) -> Command:
    """Return a command.

    Raises:
        CommandError: error 1, if it is not a JSON object or a field has the wrong type.
    """
    try:
        command = msgspec.json.decode(raw, type=Command)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError(1) from error
    if command.id is not None and command.id < 0:
        raise CommandError(1)
    return command


def list_of(params: Params, name: str, kind: type[Any] = str) -> list[Any]:
    """Return a parameter that is a list of one type, empty if it is missing.

    Raises:
        CommandError: error 1, if it is anything else.
    """
    return convert(params.get(name) or [], list[kind])


def flag(params: Params, name: str) -> bool:
    """Return a parameter that is true or false, false if it is missing."""
    return convert(params.get(name) or False, bool)


def convert(value: Any, kind: Any) -> Any:
    """Return a value, checked to be of a type.

    Raises:
        CommandError: error 1, if it is of another type.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise CommandError(1) from error


def markets_of(params: Params) -> NamedMarkets:
    """Return the markets that a command names.

    Raises:
        CommandError: error 1 for a wrong type; error 11 if more than one form of naming is used.
    """
    forms = ("market_ticker", "market_tickers", "market_id", "market_ids")
    named = [form for form in forms if form in params]
    if len(named) > 1:
        raise CommandError(11)
    if not named:
        return NamedMarkets([], [])
    value = params[named[0]]
    names: list[str] = convert(value, list[str]) if named[0].endswith("s") else [convert(value, str)]
    return NamedMarkets([], names) if "_id" in named[0] else NamedMarkets(names, [])


def sid_of(params: Params) -> int:
    """Return the one subscription that an update is about.

    Raises:
        CommandError: error 1 for a wrong type; error 12 unless exactly one is named.
    """
    sids = [*list_of(params, "sids", int), *([convert(params["sid"], int)] if "sid" in params else [])]
    if len(sids) != 1:
        raise CommandError(12)
    return sids[0]


def check_channels(channels: Iterable[str]) -> None:
    """Refuse a command if one of its channels does not exist, as the exchange does not document a partial success.

    Raises:
        CommandError: error 8 if there is no such channel; error 9 if it is restricted.
    """
    for channel in channels:
        if channel not in CHANNELS:
            raise CommandError(9 if channel in CHANNELS_RESTRICTED else 8)
