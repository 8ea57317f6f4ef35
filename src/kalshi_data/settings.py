"""Typed settings from one TOML file, which holds no secrets, only the paths of files that do."""

from pathlib import Path
from typing import TypeVar

import msgspec
from psycopg.conninfo import conninfo_to_dict

from kalshi_data.errors import SettingsError

Settings = TypeVar("Settings", bound=msgspec.Struct)


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


def load_settings(path: Path, kind: type[Settings]) -> Settings:
    """Read one TOML file.

    Raises:
        SettingsError: with the file, the key and the expected value.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind, dec_hook=decode_path)
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; name the configuration with --config FILE") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {explain(error)}") from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error


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
