"""Runs `terraform test` and keeps the status and the final state of each run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.deployment.terraform.terraform_runner import Terraform

Json = dict[str, Any]


@dataclass
class Outcome:
    """The results of `terraform test`, by "file/run"."""

    statuses: dict[str, str] = field(default_factory=dict[str, str])
    states: dict[str, Json] = field(default_factory=dict[str, Json], repr=False)
    problems: list[str] = field(default_factory=list[str])

    def add(self, message: Json) -> None:
        """Add one line of the report."""
        name = f"{message.get('@testfile', '')}/{message.get('@testrun', '')}".removeprefix("tests/")
        match message["type"]:
            case "test_run" if message["test_run"]["progress"] == "complete":
                self.statuses[name] = message["test_run"]["status"]
            case "test_state":
                self.states[name] = message["test_state"]
            case "diagnostic" if message["diagnostic"]["severity"] == "error":
                self.problems.append(f"{name}: {message['@message']}: {message['diagnostic']['detail']}")
            case _:
                pass


def run_mocked_tests(terraform: Terraform, *options: str) -> Outcome:
    """Run production's tests; the caller checks for failures."""
    outcome = Outcome()
    for line in terraform.run("test", "-json", "-verbose", *options).stdout.splitlines():
        outcome.add(json.loads(line))
    return outcome


def resources(state: Json, kind: str | None = None) -> Iterator[Json]:
    """Yield the resources of a state in all modules, or those of one kind."""
    pending = [state["root_module"]]
    while pending:
        module = pending.pop()
        pending.extend(module.get("child_modules", []))
        found = (each for each in module.get("resources", []) if each["mode"] == "managed")
        yield from (each for each in found if kind in (None, each["type"]))


def values(state: Json, kind: str) -> list[Json]:
    """Return the attributes of all resources of one kind."""
    return [resource["values"] for resource in resources(state, kind)]
