"""--from and --to: one grammar for all commands."""

from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from kalshi_data.cli.options import require_order, time_range
from kalshi_data.cli.times import UtcTime
from kalshi_data.deduplicator import cli as deduplicator
from kalshi_data.gatherer import cli as gatherer


@click.command()
@time_range("The start.", "The end.")
def shown(from_at: datetime | None, until_at: datetime | None) -> None:
    """Print a range."""
    click.echo(f"{from_at and from_at.isoformat()} {until_at and until_at.isoformat()}")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T09:30", "2026-11-01T09:30:00+00:00"),
        ("2026-11-01 09:30:15", "2026-11-01T09:30:15+00:00"),
        ("2026-11-01T09:30Z", "2026-11-01T09:30:00+00:00"),
        ("2026-11-01T09:30:15.25Z", "2026-11-01T09:30:15.250000+00:00"),
        ("2026-11-01T09:30:00-05:00", "2026-11-01T14:30:00+00:00"),
    ],
)
def test_a_time_is_in_utc_unless_it_has_another_offset(text: str, time: str) -> None:
    assert CliRunner().invoke(shown, ["--from", text]).output == f"{time} None\n"


@pytest.mark.parametrize("text", ["yesterday", "2026-11-31", "09:30", ""])
def test_what_is_no_time_ends_with_status_2_and_an_example(text: str) -> None:
    result = CliRunner().invoke(shown, ["--to", text])
    assert result.exit_code == 2
    assert f"{text!r} is no time: write 2026-11-01 or 2026-11-01T09:30:00Z" in result.output


def test_a_range_ends_after_it_starts() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    require_order(start, start.replace(hour=1))
    with pytest.raises(click.BadParameter, match="--from 2026-11-01T00:00Z is not before --to 2026-11-01T00:00Z"):
        require_order(start, start)


@pytest.mark.parametrize(
    "path",
    [
        *("gatherer backfill trades", "gatherer reparse", "gatherer frames", "deduplicator completeness"),
        *("deduplicator export", "deduplicator archive list", "deduplicator archive verify"),
    ],
)
def test_every_command_with_a_range_uses_this_grammar(path: str) -> None:
    program, *names = path.split()
    command: click.Command = {"gatherer": gatherer.main, "deduplicator": deduplicator.main}[program]
    for name in names:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    kinds = {option.name: option.type for option in command.params if option.name in {"from_at", "until_at"}}
    assert set(kinds) == {"from_at", "until_at"}
    assert all(isinstance(kind, UtcTime) for kind in kinds.values())
