"""The options of an exchange, which those commands of the simulator have that run one."""

from collections.abc import Callable
from pathlib import Path

import click

from kalshi_data.cli.options import Amount
from kalshi_data.simulator.feed.field_sets import NO_FIELDS
from kalshi_data.simulator.field_names import FIELD_NAMES
from kalshi_data.simulator.limits import READ_TIERS, Limits

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
AT_LEAST_ONE = click.IntRange(min=1)
NOT_NEGATIVE = Amount(min=0)
DEFAULTS = Limits()
Command = Callable[..., None]
Option = Callable[[Command], Command]


def exchange_options(clients: int) -> Option:
    """Return a function that adds the options of an exchange to a command, which by default waits for `clients`."""

    def add(command: Command) -> Command:
        for option in reversed((*_serving_options(clients), *_limit_options(), *_field_options())):
            command = option(command)
        return command

    return add


def _serving_options(clients: int) -> tuple[Option, ...]:
    return (
        click.option("--key", "keys", multiple=True, required=True, metavar="ID=FILE", help="A public key in PEM."),
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            default=0,
            show_default=True,
            help="Port on 127.0.0.1; 0 takes a free one.",
        ),
        click.option(
            "--clients",
            type=click.IntRange(0, 1_000),
            default=clients,
            show_default=True,
            help="Begin once this many keys have subscribed all markets.",
        ),
        click.option("--wait-for-everything", is_flag=True, help="Wait for combos and index values, too."),
        click.option(
            "--connections-per-channel",
            type=AT_LEAST_ONE,
            default=1,
            show_default=True,
            help="Wait until each key has a channel of all markets on this many connections.",
        ),
        click.option("--journal", type=click.Path(path_type=Path), help="Write all messages and faults to this file."),
        click.option("--scenario", type=FILE, help="Play the faults of this TOML file."),
    )


def _limit_options() -> tuple[Option, ...]:
    return (
        click.option(
            "--tier",
            type=click.Choice(list(READ_TIERS)),
            default=DEFAULTS.tier,
            show_default=True,
            help="Rate limit of each key's REST requests.",
        ),
        click.option(
            "--connections-max",
            type=AT_LEAST_ONE,
            default=DEFAULTS.connections_max,
            show_default=True,
            help="For one key.",
        ),
        click.option(
            "--subscription-markets-max",
            type=AT_LEAST_ONE,
            default=DEFAULTS.subscription_markets_max,
            show_default=True,
            help="More markets in a subscription: error 26.",
        ),
        click.option(
            "--commands-per-second-max",
            type=AT_LEAST_ONE,
            default=DEFAULTS.commands_per_second_max,
            show_default=True,
            help="More commands on a connection: error 27.",
        ),
        click.option(
            "--buffer-bytes-max",
            type=AT_LEAST_ONE,
            default=DEFAULTS.buffer_bytes_max,
            show_default=True,
            help="More unread bytes: error 25.",
        ),
        click.option(
            "--stale-seconds",
            type=NOT_NEGATIVE,
            default=0.0,
            show_default=True,
            help="Maximum age of answers to unsigned requests.",
        ),
        click.option(
            "--live-seconds",
            type=NOT_NEGATIVE,
            default=DEFAULTS.live_seconds,
            show_default=True,
            help="Older trades are historical only.",
        ),
    )


def _field_options() -> tuple[Option, ...]:
    return (
        click.option("--deflate/--no-deflate", default=False, show_default=True, help="Offer permessage-deflate."),
        click.option(
            "--removed-fields/--no-removed-fields", default=False, help="Send fields that the exchange has removed."
        ),
        click.option("--without", type=FIELD_NAMES, default=NO_FIELDS, help="Leave these fields out of all messages."),
        click.option("--rollout", type=int, metavar="SEED", help="Change the fields of single connections at random."),
    )
