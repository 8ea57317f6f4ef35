"""What follows from each error of the exchange. Source: the exchange's AsyncAPI description, error codes 1 to 28."""

from enum import Enum


class Reaction(Enum):
    """What to do about a refused command or a subscription that ended."""

    RETRY = "the command may work a little later"
    SLOW_DOWN = "commands came too fast"
    MOVE = "the subscription takes no more markets: the others go to another connection"
    RESUBSCRIBE = "the subscription is gone: begin it anew"
    DIVIDE = "something in the command is not accepted: find out which market it is"
    WITHOUT = "this channel is not to be had: go on without it, and ask again much later"


# Where the exchange names a parameter that is missing or wrong, one of the markets of the command may be the reason; a
# command of one market that is refused so leaves that market out.
REACTIONS = {
    7: Reaction.RESUBSCRIBE,  # unknown subscription id
    8: Reaction.WITHOUT,  # unknown channel name
    9: Reaction.WITHOUT,  # authentication required
    10: Reaction.RESUBSCRIBE,  # channel error
    11: Reaction.DIVIDE,  # invalid parameter
    12: Reaction.RESUBSCRIBE,  # exactly one subscription id is required
    13: Reaction.WITHOUT,  # unsupported action
    14: Reaction.DIVIDE,  # market ticker required
    15: Reaction.WITHOUT,  # action required
    18: Reaction.RETRY,  # command timeout
    **dict.fromkeys(range(19, 25), Reaction.WITHOUT),  # parameters of channels that are not subscribed here
    25: Reaction.RESUBSCRIBE,  # subscription buffer overflow
    26: Reaction.MOVE,  # subscription market limit exceeded
    27: Reaction.SLOW_DOWN,  # too many requests
    28: Reaction.WITHOUT,  # underlying tickers required
}


def reaction_to(code: int, *, markets: int) -> Reaction:
    """Return the reaction to an error of a command about so many markets; codes of tomorrow are divided or left."""
    unknown = Reaction.DIVIDE if markets else Reaction.WITHOUT
    return REACTIONS.get(code, unknown)
