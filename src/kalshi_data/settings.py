"""Typed settings from one TOML file; it holds no secret, only where secrets are kept."""

from pathlib import Path
from typing import TypeVar

import msgspec
from psycopg.conninfo import conninfo_to_dict

from kalshi_data.errors import SettingsError

Settings = TypeVar("Settings", bound=msgspec.Struct)


class Section(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of the configuration; a key it does not know is an error, so that no typing mistake passes."""


class Conninfo(Section):
    """Where a database is: a libpq connection string without a password.

    The password comes from a file libpq reads, named by `passfile` in the string, or from PGPASSFILE.
    """

    conninfo: str

    def __post_init__(self) -> None:
        """Refuse what libpq would refuse, and a password.

        Raises:
            ValueError: with what is wrong; msgspec adds the key it stands under.
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
        SettingsError: naming the file, the key and what is expected there.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind, dec_hook=decode_path)
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file; name the configuration with --config FILE") from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {explain(error)}") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error


def explain(error: msgspec.ValidationError) -> str:
    """Turn msgspec's message into "key: what is expected", the key as it is written in TOML."""
    what, _, where = str(error).partition(" - at `")
    key = where.rstrip("`").removeprefix("$").removeprefix(".")
    return f"{key or 'the file'}: {what}"


def decode_path(kind: type, value: object) -> object:
    """Let settings be paths, which TOML writes as strings.

    Raises:
        ValueError: the value is no string, or the type no path; msgspec adds the key.
    """
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError("Expected a path in quotes")
