"""Typed settings from one TOML file, which holds no secrets, only the paths of files that do."""

import math
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import inspect
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kalshi_data.errors import SettingsError

# Bounds of settings that have no narrower one: no larger number makes sense, or fits the databases.
SECONDS_MAX = 366 * 86_400
DAYS_MAX = 36_525
BYTES_MAX = 1 << 50
COUNT_MAX = 1_000_000_000

UNKNOWN = r"Object contains unknown field `(.*)`"

Settings = TypeVar("Settings", bound=msgspec.Struct)
# Parameters of libpq that name files, and values that name none.
CONNINFO_FILES = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "servicefile")
NO_FILES = ("system",)


class Section(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of the configuration; an unknown key is an error, so that a typing mistake is found."""


class Conninfo(Section):
    """A database's address: a libpq connection string without a password.

    The password comes from a file libpq reads, named by `passfile` in the string, or from PGPASSFILE.
    """

    conninfo: str

    def __post_init__(self) -> None:
        """Reject a string that libpq rejects, or that holds a password.

        Raises:
            ValueError: with the mistake; msgspec adds the key.
        """
        try:
            parameters = conninfo_to_dict(self.conninfo)
        except Exception as error:
            raise ValueError(f"conninfo is not a libpq connection string: {error}".strip()) from error
        if "password" in parameters:
            raise ValueError("conninfo holds a password: put it into a file and name that by passfile=")

    def resolve_files(self, folder: Path) -> None:
        """Make relative names of files paths below a folder; libpq would take them for those of the working folder."""
        given = conninfo_to_dict(self.conninfo)
        files = {
            name: str(folder / str(given[name]))
            for name in CONNINFO_FILES
            if given.get(name) and given[name] not in NO_FILES and not Path(str(given[name])).is_absolute()
        }
        if files:
            self.conninfo = make_conninfo(self.conninfo, **files)


def require_url(key: str, url: str, schemes: tuple[str, ...]) -> None:
    """Check that an address names its scheme and host.

    Raises:
        ValueError: it does not; msgspec adds the section.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{key} {url!r} has to begin with {' or '.join(f'{each}://' for each in schemes)} and a host")


def load_settings(path: Path, kind: type[Settings]) -> Settings:
    """Read one TOML file.

    Raises:
        SettingsError: with the file, the key and the expected value.
    """
    try:
        content = path.read_bytes()
        require_finite(msgspec.toml.decode(content))
        settings = msgspec.toml.decode(content, type=kind, dec_hook=decode_path)
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; name the configuration with --config FILE") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {explain(error, kind)}") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    resolve_paths(settings, path.absolute().parent)
    return settings


def resolve_paths(section: msgspec.Struct, folder: Path) -> None:
    """Make relative paths in settings, also those in a Conninfo, paths below the folder of their file."""
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Path):
            setattr(section, name, folder / value)
        elif isinstance(value, Conninfo):
            value.resolve_files(folder)
        else:
            for each in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(each, msgspec.Struct):
                    resolve_paths(each, folder)


def require_finite(value: Any, key: str = "$") -> None:
    """Refuse numbers that no range refuses, such as nan.

    Raises:
        msgspec.ValidationError: with the key.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise msgspec.ValidationError(f"Expected a finite number, got {value} - at `{key}`")
    if isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            require_finite(each, f"{key}.{name}")
    if isinstance(value, list):
        for each in cast("list[Any]", value):
            require_finite(each, f"{key}[...]")


def explain(error: msgspec.ValidationError, kind: type) -> str:
    """Turn msgspec's message into "key: expected value", with the key as TOML writes it."""
    what, _, where = str(error).partition(" - at `")
    key = where.rstrip("`").removeprefix("$").removeprefix(".")
    if unknown := re.fullmatch(UNKNOWN, what):
        section = f"{key}." if key else ""
        near = get_close_matches(unknown[1], keys_of(kind, key), n=1, cutoff=0.5)
        hint = f"is it {section}{near[0]}?" if near else f"there are {', '.join(sorted(keys_of(kind, key)))}"
        return f"{section}{unknown[1]}: unknown key: {hint}"
    return f"{key or 'the file'}: {what}"


def keys_of(kind: type, section: str) -> list[str]:
    """Return the keys that a section of the file may have; the empty section is the file itself."""
    found = _struct(inspect.type_info(kind))
    for name in filter(None, section.replace("[...]", "").split(".")):
        fields = {} if found is None else {field.encode_name: field.type for field in found.fields}
        found = _struct(fields[name]) if name in fields else None
    return [] if found is None else [field.encode_name for field in found.fields]


def _struct(kind: inspect.Type) -> inspect.StructType | None:
    """Return the struct in a type: itself, what a list holds, or the one of several."""
    if isinstance(kind, inspect.Metadata):
        return _struct(kind.type)
    if isinstance(kind, inspect.ListType):
        return _struct(kind.item_type)
    if isinstance(kind, inspect.UnionType):
        return next((found for each in kind.types if (found := _struct(each))), None)
    return kind if isinstance(kind, inspect.StructType) else None


def decode_path(kind: type, value: object) -> object:
    """Convert strings of TOML to paths.

    Raises:
        ValueError: the value is not a string, or the type is not a path; msgspec adds the key.
    """
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("Expected a path in quotes")
