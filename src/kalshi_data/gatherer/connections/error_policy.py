"""What to do about each error of the exchange. Source: Kalshi AsyncAPI, error codes 1 to 28."""

from enum import Enum


class ErrorAction(Enum):
    """What to do about a refused command or a subscription that ended."""

    RETRY = "send the command again after a pause"
    SLOW_DOWN = "commands came too fast: send this one again after a pause"
    MOVE = "the subscription takes no more markets: assign the others to another connection"
    RESUBSCRIBE = "the subscription ended: subscribe again"
    SPLIT = "one of the markets may be refused: halve the command until that market is found"
    GIVE_UP = "the channel is refused: go on without it, and subscribe again much later"


# If the exchange names a missing or wrong parameter, one of the markets of the command may be the reason. A market that
# is refused in a command of its own is left out.
ACTIONS = {
    7: ErrorAction.RESUBSCRIBE,  # unknown subscription id
    8: ErrorAction.GIVE_UP,  # unknown channel name
    9: ErrorAction.GIVE_UP,  # authentication required
    10: ErrorAction.RESUBSCRIBE,  # channel error
    11: ErrorAction.SPLIT,  # invalid parameter
    12: ErrorAction.RESUBSCRIBE,  # exactly one subscription id is required
    13: ErrorAction.GIVE_UP,  # unsupported action
    14: ErrorAction.SPLIT,  # market ticker required
    15: ErrorAction.GIVE_UP,  # action required
    18: ErrorAction.RETRY,  # command timeout
    **dict.fromkeys(range(19, 25), ErrorAction.GIVE_UP),  # parameters of channels that are not subscribed here
    25: ErrorAction.RESUBSCRIBE,  # subscription buffer overflow
    26: ErrorAction.MOVE,  # subscription market limit exceeded
    27: ErrorAction.SLOW_DOWN,  # too many requests
    28: ErrorAction.GIVE_UP,  # underlying tickers required
}


def action_for(code: int, *, markets: int) -> ErrorAction:
    """Return the action for an error of a command that names `markets` markets.

    Unknown codes: split the command if it names markets, otherwise give up the channel.
    """
    unknown = ErrorAction.SPLIT if markets else ErrorAction.GIVE_UP
    return ACTIONS.get(code, unknown)
