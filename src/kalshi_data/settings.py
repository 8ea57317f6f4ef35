"""Typed settings from one TOML file, which holds no secrets, only the paths of files that do."""

from pathlib import Path
from typing import TypeVar

import msgspec
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kalshi_data.errors import SettingsError

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


def load_settings(path: Path, kind: type[Settings]) -> Settings:
    """Read one TOML file.

    Raises:
        SettingsError: with the file, the key and the expected value.
    """
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=kind, dec_hook=decode_path)
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; name the configuration with --config FILE") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {explain(error)}") from error
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


def explain(error: msgspec.ValidationError) -> str:
    """Turn msgspec's message into "key: expected value", with the key as TOML writes it."""
    what, _, where = str(error).partition(" - at `")
    key = where.rstrip("`").removeprefix("$").removeprefix(".")
    return f"{key or 'the file'}: {what}"


def decode_path(kind: type, value: object) -> object:
    """Convert strings of TOML to paths.

    Raises:
        ValueError: the value is not a string, or the type is not a path; msgspec adds the key.
    """
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("Expected a path in quotes")
