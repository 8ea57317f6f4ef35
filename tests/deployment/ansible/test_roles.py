"""Each role describes its variables, its README is generated from that, and every variable in use is defined."""

import re
from pathlib import Path

import pytest
import yaml

from tests.deployment.ansible.conftest import PLAYBOOKS
from tests.docs.roles import ROLES, render_role

PREFIXES = (
    "system|zipapp|backups|catalog|cloudwatch|timescaledb|firewall|monitoring|rebuild|rds|rollback|gatherer|deduplicator"
    "|production"
)
USED = re.compile(rf"(?<![\w./-])((?:{PREFIXES})_\w+)\b(?!\.yml)")
DEFINED = re.compile(rf"^ *(?:- )?((?:{PREFIXES})_\w+):|register: (\w+)", re.MULTILINE)
FOLDERS = ("*.yml", "group_vars/*.yml", "roles/*/tasks/*.yml", "roles/*/handlers/*.yml", "roles/*/templates/*.j2")
DEFINING = (*FOLDERS, "roles/*/defaults/*.yml", "inventories/*/group_vars/all/*.yml")


def texts(patterns: tuple[str, ...]) -> str:
    return "\n".join(path.read_text() for pattern in patterns for path in sorted(PLAYBOOKS.glob(pattern)))


def defined(text: str) -> set[str]:
    return {name for names in DEFINED.findall(text) for name in names if name}


@pytest.mark.parametrize("role", sorted(ROLES.iterdir()), ids=lambda role: role.name)
def test_a_role_readme_is_current(role: Path) -> None:
    """A changed variable requires a generated README."""
    assert (role / "README.md").read_text() == render_role(role)


@pytest.mark.parametrize("role", sorted(ROLES.iterdir()), ids=lambda role: role.name)
def test_a_role_describes_each_of_its_variables(role: Path) -> None:
    specification = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())
    assert set(specification["main"]["options"]) == set(defaults)
    assert all(entry == "main" or (role / "tasks" / f"{entry}.yml").is_file() for entry in specification)


def test_every_variable_in_use_is_defined() -> None:
    """A misspelt name in a task fails here, without hosts."""
    used = set(USED.findall(texts((*FOLDERS, "roles/*/defaults/*.yml"))))
    assert used - defined(texts(DEFINING)) == set()


def test_every_default_is_used() -> None:
    used = set(USED.findall(texts(FOLDERS)))
    assert defined(texts(("roles/*/defaults/*.yml",))) - used == set()


def test_every_task_file_is_used() -> None:
    """A playbook or another task file includes it."""
    text = texts(FOLDERS)
    included = set(re.findall(r"(?:include|import)_tasks: (\w+)\.yml|tasks_from: (\w+)", text))
    names = {name for pair in included for name in pair if name} | {"main"}
    assert {path.stem for path in ROLES.glob("*/tasks/*.yml")} == names
