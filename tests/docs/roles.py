"""Writes the README of each Ansible role from its argument specification and its defaults."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[2] / "ansible" / "roles"
HEADER = """\
# {name}

{description}.

This page is generated from `meta/argument_specs.yml` and `defaults/main.yml`: edit those files, then run
`python3 build.py docs`.

## Entry points

{entry_points}

## Variables

{variables}
"""
Specification = dict[str, Any]


def render_role(role: Path) -> str:
    """Return the text of a role's README."""
    galaxy = _load(role / "meta" / "main.yml")["galaxy_info"]
    specifications = _load(role / "meta" / "argument_specs.yml")["argument_specs"]
    defaults = _load(role / "defaults" / "main.yml")
    entry_points = [(f"`{name}`", f"{each['short_description']}.") for name, each in specifications.items()]
    variables = _variables(specifications["main"]["options"], defaults)
    return HEADER.format(
        name=galaxy["role_name"],
        description=galaxy["description"],
        entry_points=_table(("`tasks_from`", "what it does"), entry_points),
        variables=_table(("variable", "type", "default", "meaning"), variables),
    )


def write_all() -> None:
    """Write the README of every role."""
    for role in sorted(ROLES.iterdir()):
        (role / "README.md").write_text(render_role(role))


def _load(path: Path) -> Specification:
    return yaml.safe_load(path.read_text())


def _variables(options: Specification, defaults: Specification, prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, option in options.items():
        default = _default(option, defaults, name)
        yield f"`{prefix}{name}`", _type(option), default, f"{option['description']}."
        yield from _variables(option.get("options", {}), {}, f"{prefix}{name}[].")


def _type(option: Specification) -> str:
    return f"list of {option['elements']}" if option["type"] == "list" else option["type"]


def _default(option: Specification, defaults: Specification, name: str) -> str:
    """Return the cell of a default; a required variable has only a placeholder unless its default is computed."""
    if option.get("required") and not defaults.get(name):
        return "required"
    if name not in defaults:
        return ""
    value = defaults[name]
    return f"`{value if isinstance(value, str) and value else json.dumps(value)}`"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(_row(cells) for cells in (header, ["---"] * len(header), *rows))


def _row(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
