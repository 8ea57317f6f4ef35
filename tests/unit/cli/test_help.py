"""The help of each command is whole at 80 columns."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from kalshi_data.deduplicator.catalog.cli import main as catalog
from kalshi_data.deduplicator.cli import main as deduplicator
from kalshi_data.demo.cli import main as demo
from kalshi_data.gatherer.cli import main as gatherer
from kalshi_data.release.cli import main as release
from kalshi_data.simulator.cli import main as simulator

COLUMNS = 80
PROGRAMS = {
    "gatherer": gatherer,
    "deduplicator": deduplicator,
    "catalog": catalog,
    "simulator": simulator,
    "demo": demo,
    "zipapps": release,
}


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from commands(f"{name} {each.name}", each)


ALL = {name: command for root, program in PROGRAMS.items() for name, command in commands(root, program)}


@pytest.mark.parametrize("name", ALL)
def test_a_help_is_whole(name: str) -> None:
    program, *arguments = name.split()
    shown = CliRunner().invoke(PROGRAMS[program], [*arguments, "--help"], terminal_width=COLUMNS).output
    of_commands = shown.partition("\nCommands:\n")[2]
    assert "..." not in of_commands
    assert [line for line in shown.splitlines() if len(line) > COLUMNS] == []
    for each in getattr(ALL[name], "commands", {}).values():
        sentence = (each.help or "").replace("\b", "").partition(". ")[0].partition("\n\n")[0]
        assert " ".join(sentence.split()).rstrip(".") in " ".join(of_commands.split())


@pytest.mark.parametrize("name", ALL)
def test_each_option_is_described(name: str) -> None:
    options = [each for each in ALL[name].params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help] == []


def test_an_option_has_one_form_in_all_programs() -> None:
    shards = [each.metavar for command in ALL.values() for each in command.params if "--shard" in each.opts]
    assert shards == ["I/N", "I/N"]
