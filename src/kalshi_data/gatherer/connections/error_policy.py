"""What follows from each error of the exchange. Source: the exchange's AsyncAPI description, error codes 1 to 28."""

from enum import Enum


class ErrorAction(Enum):
    """What to do about a refused command or a subscription that ended."""

    RETRY = "the command may work a little later"
    SLOW_DOWN = "commands came too fast"
    MOVE = "the subscription takes no more markets: the others go to another connection"
    RESUBSCRIBE = "the subscription is gone: begin it anew"
    SPLIT = "something in the command is not accepted: find out which market it is"
    GIVE_UP = "this channel is not to be had: go on without it, and ask again much later"


# Where the exchange names a parameter that is missing or wrong, one of the markets of the command may be the reason; a
# command of one market that is refused so leaves that market out.
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
    """Return the action to an error of a command about so many markets; codes of tomorrow are divided or left."""
    unknown = ErrorAction.SPLIT if markets else ErrorAction.GIVE_UP
    return ACTIONS.get(code, unknown)
