"""The options of `simulator replay` that choose a window of an archive."""

from collections.abc import Callable
from typing import Any

import click

from kalshi_data.cli.options import Amount, require_order, time_range

Command = Callable[..., None]
SPEED_MIN, SPEED_MAX = 0.001, 1_000
FROM_HELP = "The first moment that is played, in UTC."
TO_HELP = "The moment after the last one."
NAMES = ("archive", "from_at", "until_at", "market", "speed", "times", "over_gaps", "region", "endpoint", "anonymous")


def archive_options(command: Command) -> Command:
    """Add the options of a window of an archive to a command."""
    options = (
        click.option("--archive", metavar="PLACE", help="Play a window of the archive in this folder or at s3://…"),
        time_range(FROM_HELP, TO_HELP),
        click.option("--market", multiple=True, metavar="PATTERN", help="Only these markets, such as 'KXFED-*'."),
        click.option(
            "--speed",
            type=Amount(SPEED_MIN, SPEED_MAX),
            default=1.0,
            show_default=True,
            help="Play an archive this many times faster.",
        ),
        click.option(
            "--times",
            type=click.Choice(["now", "original"]),
            default="now",
            show_default=True,
            help="Move all times to when they are played, or keep them.",
        ),
        click.option("--over-gaps", is_flag=True, help="Play over gaps; sessions end at the end of each."),
        click.option("--region", help="The region of the bucket."),
        click.option("--endpoint", metavar="URL", help="The address of an S3 store other than Amazon's."),
        click.option("--anonymous", is_flag=True, help="Read a public bucket without credentials."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def take_choice(named: dict[str, Any]) -> dict[str, Any] | None:
    """Take the options of a window out of all options; return None if no archive is named.

    Raises:
        click.UsageError: options are missing, or named without an archive.
    """
    chosen = {name: named.pop(name) for name in NAMES}
    if chosen["archive"] is None:
        given = [name for name in ("from_at", "until_at", "market", "over_gaps") if chosen[name]]
        if given:
            raise click.UsageError("--from, --to, --market and --over-gaps are about an archive: add --archive")
        return None
    if chosen["from_at"] is None or chosen["until_at"] is None:
        raise click.UsageError("--archive needs the window to play: add --from and --to")
    require_order(chosen["from_at"], chosen["until_at"])
    return chosen
