"""The files for contributors are valid, and what they name exists."""

import configparser
import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

GITHUB = ROOT / ".github"
CONTRIBUTING = (GITHUB / "CONTRIBUTING.md").read_text()
COMMANDS = set(re.findall(r"^  ([\w-]+)  ", (ROOT / "build.py").read_text(), re.MULTILINE))
PAGES = [GITHUB / "CONTRIBUTING.md", GITHUB / "SECURITY.md", GITHUB / "PULL_REQUEST_TEMPLATE.md"]
YAML_FILES = [*sorted(GITHUB.rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]
# One name of each kind, which every path with a placeholder must have.
PLACEHOLDERS = {"<stream>": "trades", "<role>": "zipapp"}


def load(path: Path) -> dict[str, Any]:
    # This loader makes strings of everything: the key "on" of a workflow is no truth value.
    return yaml.load(path.read_text(), Loader=yaml.BaseLoader)


def paths_in(text: str) -> set[str]:
    """Return what stands in backticks or links and begins with a file or folder of the project."""
    tops = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.name != ".venv")
    found = re.findall(rf"`((?:{tops})(?:/[^`\s]*)?)`", text)
    found += [link.removeprefix("../") for link in re.findall(r"\]\((\.\./[^)#]+)\)", text)]
    # A file of another folder than those at the top would not be found above.
    found += re.findall(r"`([\w.-]+/[\w./<>-]+\.(?:py|sql|yml|md))`", text)
    return set(found)


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_yaml_is_valid(path: Path) -> None:
    assert load(path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_path_it_names_exists(path: Path) -> None:
    named = paths_in(path.read_text())
    for placeholder, name in PLACEHOLDERS.items():
        named = {each.replace(placeholder, name) for each in named}
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_contributing_names_many_paths() -> None:
    """The test above reads the recipes and not an empty page."""
    assert len(paths_in(CONTRIBUTING)) > 25


@pytest.mark.parametrize(
    "path", [*PAGES, ROOT / ".pre-commit-config.yaml", ROOT / ".ci/run"], ids=lambda path: path.name
)
def test_every_command_it_names_exists(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"python3 build\.py (?!\W)([\w-]+)", text)) - COMMANDS == set()
    programs = set(re.findall(r"\.venv/bin/([\w-]+)", text))
    assert {each for each in programs if not (Path(sys.prefix) / "bin" / each).exists()} == set()
    modules = set(re.findall(r"python -m ([\w.]+)", text))
    assert {each for each in modules if importlib.util.find_spec(each) is None} == set()


def test_glossary_is_sorted_and_has_each_term_once() -> None:
    table = CONTRIBUTING.partition("## Glossary")[2].partition("## Commits")[0]
    terms = [term.casefold() for term in re.findall(r"^\| (?!term |---)([^|]+) \|", table, re.MULTILINE)]
    assert len(terms) > 40
    assert terms == sorted(set(terms), key=lambda term: term.replace("/", ""))


def test_the_workflow_runs_what_must_pass_with_the_least_rights() -> None:
    workflow = load(GITHUB / "workflows/ci.yml")
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1]["run"] == ".ci/run"
    assert workflow["permissions"] == {"contents": "read"}
    actions = [step["uses"] for step in job["steps"] if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in actions)


def test_hooks_are_the_projects_own_commands() -> None:
    (repository,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert {hook["entry"] for hook in repository["hooks"]} == {"python3 build.py format", "python3 build.py check"}


@pytest.mark.parametrize("name", ["bug.yml", "feature.yml"])
def test_a_form_has_what_the_site_demands(name: str) -> None:
    form = load(GITHUB / "ISSUE_TEMPLATE" / name)
    assert form["name"]
    assert form["description"]
    inputs = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in inputs)
    assert len({field["id"] for field in inputs}) == len(inputs)


def test_the_editor_uses_the_linters_line_length() -> None:
    text = (ROOT / ".editorconfig").read_text()
    editor = configparser.ConfigParser()
    editor.read_string(f"[DEFAULT]\n{text}")
    assert editor["DEFAULT"]["root"] == "true"
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert editor["*"]["max_line_length"] == str(linter["line-length"])


def test_every_attribute_is_of_a_file() -> None:
    lines = [line.split() for line in (ROOT / ".gitattributes").read_text().splitlines() if line and line[0] != "#"]
    for pattern, *attributes in lines:
        assert attributes
        assert any(ROOT.glob(pattern if "/" in pattern else f"*/{pattern}")), pattern
