"""Writes the tables of settings into the reference pages, from the classes that read the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import msgspec
from msgspec import inspect

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.deduplicator.settings import DeduplicatorSettings
from kalshi_data.gatherer.settings import GathererSettings
from tests.conftest import ROOT

PACKAGE = ROOT / "src" / "kalshi_data"
BEGIN = "<!-- Generated from the settings classes by `python3 build.py docs`: change the classes instead. -->\n"
END = "<!-- end of the generated settings -->\n"
# Words of a key that are its unit, and how the table writes them.
UNITS = {"seconds": "s", "second": "s", "mb": "MB"} | {
    word: word
    for word in ("days", "bytes", "rows", "frames", "blocks", "tokens", "minutes", "markets", "snapshots", "commands")
}
TYPES: dict[type[inspect.Type], str] = {
    inspect.StructType: "`conninfo`",
    inspect.BoolType: "boolean",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.CustomType: "path",
}
BINARY = {40: "TiB", 30: "GiB", 20: "MiB", 10: "KiB"}


class Page(NamedTuple):
    """A reference page, the settings it lists, and the sections that another page lists instead."""

    path: Path
    settings: type[msgspec.Struct]
    section: str = ""
    elsewhere: frozenset[str] = frozenset()


PAGES = (
    Page(PACKAGE / "gatherer" / "README.md", GathererSettings),
    Page(PACKAGE / "deduplicator" / "README.md", DeduplicatorSettings, elsewhere=frozenset({"archive"})),
    Page(PACKAGE / "archive" / "README.md", ArchiveSettings, section="archive"),
)


def write_all() -> None:
    """Write the tables of every page.

    Raises:
        ValueError: a page has no place for its tables.
    """
    for page in PAGES:
        page.path.write_text(render(page))


def render(page: Page) -> str:
    """Return the text of a page with its tables as the classes are now."""
    before, begin, rest = page.path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.path}: write these two lines where the settings belong:\n{BEGIN}{END}")
    tables = "\n".join(_sections(page))
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def _sections(page: Page) -> Iterator[str]:
    """Yield a heading and a table for each section of the file."""
    struct = _struct(inspect.type_info(page.settings))
    if page.section:
        yield _section(page.section, struct)
        return
    for field in struct.fields:
        kind, _ = _unwrap(field.type)
        if field.encode_name in page.elsewhere:
            continue
        is_list = isinstance(kind, inspect.ListType)
        section = _struct(kind.item_type if isinstance(kind, inspect.ListType) else kind)
        yield _section(f"[{field.encode_name}]" if is_list else field.encode_name, section)


def _section(name: str, struct: inspect.StructType) -> str:
    rows = [_row(name, field) for field in struct.fields]
    summary = (struct.cls.__doc__ or "").partition("\n")[0]
    head = ("| key | type | range | default | unit | meaning |", "|---|---|---|---|---|---|")
    return "\n".join([f"### `[{name}]`", "", summary, "", *head, *rows, ""])


def _row(section: str, field: inspect.Field) -> str:
    kind, description = _unwrap(field.type)
    if not description:
        raise ValueError(f"[{section}] {field.encode_name}: describe it by Annotated[…, Meta(description=…)]")
    unit = _unit(field.encode_name)
    cells = (f"`{field.encode_name}`", _type(kind), _range(kind, unit), _default(field, unit), unit, description)
    return f"| {' | '.join(cells)} |"


def _unit(key: str) -> str:
    """Return the unit that a key names, such as s, rows or tokens/s."""
    amount, _, per = key.partition("_per_")
    units = [next((UNITS[word] for word in reversed(part.split("_")) if word in UNITS), "") for part in (amount, per)]
    return "/".join(unit for unit in units if unit)


def _unwrap(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """Return a type without what is noted about it, and the description that is."""
    description = ""
    while isinstance(kind, inspect.Metadata):
        notes = cast("dict[str, str]", kind.extra_json_schema or {})  # pyright: ignore[reportUnknownMemberType]
        description = description or notes.get("description", "")
        kind = kind.type
    return kind, description


def _struct(kind: inspect.Type) -> inspect.StructType:
    kind, _ = _unwrap(kind)
    assert isinstance(kind, inspect.StructType)
    return kind


def _type(kind: inspect.Type) -> str:
    """Return the name of a type as someone who writes TOML knows it."""
    if isinstance(kind, inspect.UnionType):
        kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    if isinstance(kind, inspect.VarTupleType):
        return f"list of {_type(kind.item_type)}s"
    return TYPES[type(kind)]


def _range(kind: inspect.Type, unit: str) -> str:
    """Return the numbers that a setting may have, such as 1 to 32767; a bound that is excluded is named so.

    Raises:
        ValueError: a number has no bounds.
    """
    if isinstance(kind, inspect.UnionType):
        kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    if not isinstance(kind, inspect.IntType | inspect.FloatType):
        return ""
    if (kind.ge is None and kind.gt is None) or kind.le is None:
        raise ValueError("give each number its range by Meta(ge=…, le=…)")
    low = f"above {kind.gt:g}" if kind.ge is None else f"{kind.ge:,}"
    return f"{low} to {_bytes(kind.le) if unit == 'bytes' else f'{kind.le:,}'}"


def _bytes(number: float) -> str:
    """Return a number of bytes in the largest unit that divides it."""
    whole = int(number)
    shift = next((bits for bits in BINARY if whole and whole % (1 << bits) == 0), 0)
    return f"{whole >> shift:,} {BINARY[shift]}" if shift else f"{whole:,}"


def _default(field: inspect.Field, unit: str) -> str:
    if field.required:
        return "required"
    value = field.default
    if value is None:
        return "not set"
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = f"`{msgspec.json.encode(value).decode()}`"
    if unit == "bytes" and isinstance(value, int):
        shift = next((bits for bits in BINARY if value and value % (1 << bits) == 0), 0)
        text += f" ({value >> shift} {BINARY[shift]})" if shift else ""
    return text
