"""Rules of the tree that a reader relies on."""

import ast
import re
import statistics
import tomllib
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from kalshi_data.archive.schemas import ARCHIVED
from kalshi_data.gatherer.recording.batch import STATE_COLUMNS
from kalshi_data.gatherer.retention import HISTORIES, PLAIN_TABLES
from kalshi_data.kalshi.listings import TABLES
from kalshi_data.streams import STREAMS
from tests.checks.__main__ import ENGINE_EXTRAS
from tests.conftest import ROOT

PACKAGE = ROOT / "src" / "kalshi_data"
PROGRAMS = {"gatherer", "deduplicator", "simulator", "demo", "release", "reader"}
SOURCES = sorted(PACKAGE.rglob("*.py"))
SQL = ROOT / "sql"
QUERIES = sorted(SQL.glob("*/queries/**/*.sql"))
# Folders that may hold any number of files.
UNLIMITED = {"migrations", "__pycache__"}
# Capture tables that are written beside the streams.
BESIDE_STREAMS = ("quarantine", "book_checks")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def program_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "kalshi_data" and len(parts) > 1 and parts[1] in PROGRAMS else None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_programs_import_shared_modules_and_never_each_other(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0]
    foreign = {program_of(module) for module in imports(path)} - {None, own}
    # The demo plays the simulator's made-up recording; it starts every program as a process of its own. Both play an
    # archive, which they read by the library.
    assert foreign <= {"demo": {"simulator", "reader"}, "simulator": {"reader"}}.get(own, set())


def module_of(path: Path) -> str:
    """Return a source file's module; a package is its own __init__ module."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path, modules: Collection[str]) -> set[str]:
    """Return the project's modules that a file imports, also in functions and for type checks only."""
    found = set(imports(path))
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found & set(modules)


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {module_of(path) for path in SOURCES}
    try:
        TopologicalSorter({module_of(path): imported_modules(path, modules) for path in SOURCES}).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' -> '.join(error.args[1])}")


def test_no_class_name_exists_twice() -> None:
    files: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                files.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert not {name: paths for name, paths in files.items() if len(paths) > 1}


def test_folders_are_small() -> None:
    folders = [folder for root in (PACKAGE, SQL) for folder in (root, *root.rglob("*/"))]
    sizes = {
        str(folder.relative_to(ROOT)): sum(path.is_file() for path in folder.iterdir())
        for folder in folders
        if folder.name not in UNLIMITED
    }
    assert not {folder: size for folder, size in sizes.items() if size > 20}


def functions() -> Iterator[tuple[str, int]]:
    for path in [*SOURCES, ROOT / "build.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                first, last = (body[0].lineno, body[-1].end_lineno) if body else (0, 0)
                yield f"{path.name}:{node.lineno} {node.name}", (last or first) - first + 1


def test_functions_are_small() -> None:
    sizes = dict(functions())
    assert statistics.median(sizes.values()) <= 8
    assert not {name: size for name, size in sizes.items() if size > 60}


def lines(path: Path) -> int:
    return path.read_text().count("\n")


def test_files_are_small() -> None:
    assert lines(ROOT / "build.py") <= 150
    assert not {path.name: lines(path) for path in SOURCES if lines(path) > 250}
    assert not {path.name: lines(path) for path in QUERIES if lines(path) > 60}


def used_queries() -> set[str]:
    names: set[str] = set()
    for path in SOURCES:
        names |= set(re.findall(r'query\(f?"([^"]+)"', path.read_text()))
    streams = [stream.name for stream in STREAMS]
    values = {
        "component": ["capture", "registry"],
        "table": [*PLAIN_TABLES, *HISTORIES],
        "stream": [*streams, *BESIDE_STREAMS, *STATE_COLUMNS],
        "name": [*streams, *TABLES],
        "self._stream.name": streams,
        "stream.name": [stream.name for stream in ARCHIVED],
    }
    polled = {f"{stream.source}/poll/{what}" for stream in STREAMS for what in (stream.name, "read_epoch", "read_lag")}
    # Comparisons of books become a stream with production's part of them.
    return (
        polled
        | {"capture/poll/book_checks"}
        | {
            re.sub(r"\{[^}]+\}", value, name)
            for name in names
            for value in values.get((re.findall(r"\{([^}]+)\}", name) or ["none"])[0], [""])
        }
    )


def test_every_query_is_used_and_documented() -> None:
    used = used_queries()
    for path in QUERIES:
        component, _, *topic = path.relative_to(SQL).with_suffix("").parts
        assert "/".join((component, *topic)) in used, f"{path} is used nowhere"
        header = path.read_text().split("\n\n")[0]
        assert re.match(r"-- [A-Z].*[.:]?", header)
        assert "\n-- Returns: " in header


def test_every_object_stands_in_a_file_of_its_name() -> None:
    for path in SQL.glob("*/[fv]*s/**/*.sql"):
        objects = re.findall(r"create or replace (?:function|view) \w+\.(\w+)", path.read_text())
        assert objects == [path.stem]


def test_no_sql_in_python() -> None:
    for path in SOURCES:
        found = re.findall(r'"(?i:select|insert|update|delete|copy|create|alter|drop) \w+[^"]*"', path.read_text())
        assert path.name == "ledger.py" or not found, f"{path}: {found}"


MIGRATIONS = sorted(SQL.glob("*/migrations/*.sql"))
# The body of a `create table` statement, and the columns in it: other lines of it are keys, checks and comments.
TABLE = re.compile(r"^create table (\w+\.\w+) \($(.*?)^\);$", re.MULTILINE | re.DOTALL)
COLUMN = re.compile(r"^    (?!primary |unique |check )([a-z]\w*) ", re.MULTILINE)


def test_migrations_are_numbered_without_a_gap_and_named_after_what_they_do() -> None:
    for folder in SQL.glob("*/migrations"):
        names = sorted(path.name for path in folder.iterdir())
        assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]
        assert all(re.fullmatch(r"\d{4}_[a-z]+_[a-z_]+\.sql", name) for name in names)


def test_a_migration_creates_the_one_table_of_its_name() -> None:
    for path in MIGRATIONS:
        created = re.findall(r"\bcreate table (?:if not exists )?\w+\.(\w+)", path.read_text())
        _, verb, name = path.stem.split("_", 2)
        assert created == ([name] if verb == "create" else []), path


@pytest.mark.parametrize(
    "path", [path for path in MIGRATIONS if "_create_" in path.stem], ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
def test_a_migration_comments_its_table_and_each_column_once(path: Path) -> None:
    text = path.read_text()
    ((table, body),) = TABLE.findall(text)
    columns = COLUMN.findall(body)
    assert columns
    assert re.findall(r"^comment on table (\S+) is", text, re.MULTILINE) == [table]
    commented = re.findall(r"^comment on column (\S+) is", text, re.MULTILINE)
    assert commented == [f"{table}.{column}" for column in columns]


@pytest.mark.parametrize(("name", "extras"), [("requirements.lock", ()), ("requirements-demo.lock", ("demo",))])
def test_a_lock_pins_every_dependency_with_hashes_and_names_no_host(name: str, extras: tuple[str, ...]) -> None:
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    found = locked(name)
    assert all(re.match(r"[\w.-]+==\S+", entry) and "--hash=sha256:" in entry for entry in found)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    chosen = [*extras, "program", "gatherer", "simulator"] if extras else set(optional) - set(ENGINE_EXTRAS)
    wanted = [each for extra in chosen for each in optional[extra]]
    names = {re.split(r"[\[<>=;]", each)[0] for each in wanted} - {project["name"]}
    assert names <= {entry.split("==")[0] for entry in found}


def locked(name: str) -> list[str]:
    """Return the packages of a lock file with their versions, platforms and hashes."""
    entries = re.split(r"^(?=\w)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    return [re.sub(r"\n    # .*", "", entry) for entry in entries]


def test_a_demo_has_the_packages_that_tests_have() -> None:
    """Tests run on a demo's packages and more, so each is locked in the same version, with the same hashes."""
    demo, everything = set(locked("requirements-demo.lock")), set(locked("requirements.lock"))
    assert demo < everything
    assert not {entry.split("==")[0] for entry in demo} & {
        "pytest",
        "ruff",
        "basedpyright",
        "moto",
        "boto3",
        "duckdb-cli",
    }
