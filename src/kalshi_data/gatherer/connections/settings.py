"""Settings of what is subscribed on the feed, and of how much is asked over REST."""

from typing import Annotated

from msgspec import Meta

from kalshi_data.settings import COUNT_MAX, SECONDS_MAX, Section


class RequestSettings(Section):
    """The REST budget of the account, in the exchange's tokens. The defaults are the Basic tier's.

    At the start the exchange is asked for the account's limits; they count if they are lower.
    """

    tokens_per_second: Annotated[
        float,
        Meta(
            gt=0,
            le=COUNT_MAX,
            description="Rate at which the account's REST budget grows. The default is the exchange's Basic tier.",
        ),
    ] = 200.0
    tokens_max: Annotated[float, Meta(gt=0, le=COUNT_MAX, description="Largest REST budget that can build up.")] = 400.0
    account_gatherers: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="Gatherers whose keys belong to the same account; each spends an equal part of its budget.",
        ),
    ] = 1
    tokens_per_request: Annotated[float, Meta(gt=0, le=COUNT_MAX, description="What one request costs.")] = 10.0

    def __post_init__(self) -> None:
        """Reject a budget that never allows a request.

        Raises:
            ValueError: with the reason; msgspec adds the key.
        """
        if self.tokens_per_second <= 0 or not 0 < self.tokens_per_request <= self.tokens_max / self.account_gatherers:
            raise ValueError(
                "tokens_per_second must be above 0, and tokens_per_request above 0 and at most "
                "tokens_max / account_gatherers"
            )


class SubscriptionSettings(Section):
    """What is subscribed, and how it is spread over connections."""

    combos: Annotated[bool, Meta(description="Subscribe to order books of multivariate markets.")] = False
    index_values: Annotated[bool, Meta(description="Subscribe to the values of all indices.")] = True
    connections_max: Annotated[
        int,
        Meta(
            ge=1,
            le=COUNT_MAX,
            description=(
                "Most connections to the exchange. By default 60,000 order books fit beside the other channels; the "
                "gatherer is degraded from nine tenths on, and counts markets that do not fit."
            ),
        ),
    ] = 14
    connections_per_channel: Annotated[
        int,
        Meta(
            ge=1,
            le=COUNT_MAX,
            description=(
                "Connections that carry tickers, trades, lifecycle messages and index values; each carries all of them."
            ),
        ),
    ] = 2
    series: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                "Patterns of series tickers (`*`, `?`, `[abc]`, case-sensitive). If any of the three lists is set, "
                "only books that one of them names are received."
            )
        ),
    ] = ()
    categories: Annotated[tuple[str, ...], Meta(description="Patterns of series categories.")] = ()
    tickers: Annotated[tuple[str, ...], Meta(description="Patterns of market tickers.")] = ()
    markets_per_connection_max: Annotated[
        int,
        Meta(
            ge=1,
            le=COUNT_MAX,
            description="Order books on one connection; a new book goes to the connection with the fewest.",
        ),
    ] = 5_000
    markets_per_command_max: Annotated[
        int, Meta(ge=1, le=COUNT_MAX, description="Markets in one subscribe command.")
    ] = 500
    snapshots_per_command_max: Annotated[
        int, Meta(ge=1, le=COUNT_MAX, description="Markets in one request for snapshots.")
    ] = 100
    commands_per_second_max: Annotated[
        int, Meta(ge=1, le=COUNT_MAX, description="Commands per second over all connections.")
    ] = 50
    acknowledgement_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="A connection on which a command is not acknowledged in this time is closed.",
        ),
    ] = 10.0
    silence_seconds_max: Annotated[
        float,
        Meta(
            gt=0,
            le=SECONDS_MAX,
            description="A connection on which nothing arrives for this long, not even a ping, is closed.",
        ),
    ] = 30.0
    refused_channel_seconds: Annotated[
        float,
        Meta(
            gt=0, le=SECONDS_MAX, description="Longest pause before a refused channel or order book is asked for again."
        ),
    ] = 900.0
    audit_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=SECONDS_MAX,
            description="Each order book is compared with a fresh snapshot once in this time; 0 never compares.",
        ),
    ] = 900.0

    def __post_init__(self) -> None:
        """Reject empty patterns.

        Raises:
            ValueError: with the reason; msgspec adds the key.
        """
        if "" in (*self.series, *self.categories, *self.tickers):
            raise ValueError("series, categories and tickers hold patterns such as KXHIGH*, and none may be empty")
