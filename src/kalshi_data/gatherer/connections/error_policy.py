"""What to do about each error of the exchange. Source: Kalshi AsyncAPI, error codes 1 to 28."""

from enum import Enum

from kalshi_data.kalshi.messages import ErrorBody


class ErrorAction(Enum):
    """What to do about a refused command or a subscription that ended."""

    RETRY = "send the command again after a pause"
    SLOW_DOWN = "commands came too fast: send this one again after a pause"
    MOVE = "the subscription takes no more markets: assign the others to another connection"
    RESUBSCRIBE = "the subscription ended: subscribe again"
    SPLIT = "one of the markets may be refused: halve the command until that market is found"
    GIVE_UP = "the channel is refused: go on without it, and subscribe again after pauses that become long"


# The code of a command that the exchange did not answer, although it sent other frames.
NO_ANSWER = -1
# If the exchange names a missing or wrong parameter, one of the markets of the command may be the reason. A market that
# is refused in a command of its own is asked for again later.
ACTIONS = {
    7: ErrorAction.RESUBSCRIBE,  # unknown subscription id
    8: ErrorAction.GIVE_UP,  # unknown channel name
    9: ErrorAction.GIVE_UP,  # authentication required
    10: ErrorAction.RESUBSCRIBE,  # channel error
    11: ErrorAction.SPLIT,  # invalid parameter
    12: ErrorAction.GIVE_UP,  # exactly one subscription id is required
    13: ErrorAction.GIVE_UP,  # unsupported action
    14: ErrorAction.SPLIT,  # market ticker required
    15: ErrorAction.GIVE_UP,  # action required
    16: ErrorAction.SPLIT,  # market not found; retired
    18: ErrorAction.RETRY,  # command timeout
    **dict.fromkeys(range(19, 25), ErrorAction.GIVE_UP),  # parameters of channels that are not subscribed here
    25: ErrorAction.RESUBSCRIBE,  # subscription buffer overflow
    26: ErrorAction.MOVE,  # subscription market limit exceeded
    27: ErrorAction.SLOW_DOWN,  # too many requests
    28: ErrorAction.GIVE_UP,  # underlying tickers required
}


def action_for(code: int) -> ErrorAction:
    """Return the action for an error. An unknown code says nothing about a market or a channel: send it again later."""
    return ACTIONS.get(code, ErrorAction.RETRY)


def text_of(error: ErrorBody) -> str:
    """Return an error as health and log show it."""
    return error.msg if error.code == NO_ANSWER else f"error {error.code}, {error.msg}"
