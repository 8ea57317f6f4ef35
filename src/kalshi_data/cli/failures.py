"""Ends a command with one line instead of a traceback if its user can remedy the error."""

import errno
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click
import psycopg

from kalshi_data.errors import KalshiDataError, SettingsError

INTERRUPTED = 130
REMEDIES = {
    errno.EACCES: "permission denied: give this user the right to it, or name another path",
    errno.EPERM: "not permitted: give this user the right to it, or name another path",
    errno.EROFS: "the file system is read-only: name a path on another one",
    errno.ENOSPC: "no space is left: free some, or name a path on another disk",
    errno.EDQUOT: "the quota is used up: free some space, or name a path on another disk",
    errno.ENOENT: "no such file or folder: make it, or name another path",
    errno.ENOTDIR: "a part of the path is no folder: name another path",
    errno.EEXIST: "is a file, no folder: remove it, or name another path",
    errno.EISDIR: "is a folder: name a file",
    errno.EADDRINUSE: "another program uses this port: choose another port, or 0 for a free one",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter path",
}
# What a database answers if it has another schema than this version, or another role is needed.
OTHER_SCHEMA = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)


@contextmanager
def reported_failures(program: str) -> Generator[None]:
    """Print an expected error in one line and exit: with 2 if the configuration cannot be used, else with 1."""
    try:
        yield
    except KeyboardInterrupt:
        _exit(INTERRUPTED, program, "interrupted")
    except KalshiDataError as error:
        _exit(2 if isinstance(error, SettingsError) else 1, program, str(error))
    except OTHER_SCHEMA as error:
        _exit(1, program, f"a database has another schema than this version needs: run migrate: {one_line(error)}")
    except psycopg.errors.InsufficientPrivilege as error:
        _exit(1, program, f"the role in the conninfo lacks a right, name the role that this needs: {one_line(error)}")
    except (psycopg.OperationalError, psycopg.InternalError) as error:
        # One that is read-only, such as a standby, is an internal error for psycopg.
        _exit(1, program, f"a database cannot be used: {one_line(error)}")
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        _exit(2, program, f"not a connection string of libpq, such as host=/run/postgresql dbname=x: {one_line(error)}")
    except BrokenPipeError:
        raise  # the reader of the output has ended; click ends quietly
    except OSError as error:
        _exit(1, program, describe_os_error(error))


def describe_os_error(error: OSError) -> str:
    """Return in one line which path or address cannot be used, why, and what to do."""
    reason = REMEDIES.get(error.errno or 0, error.strerror or str(error))
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def one_line(error: Exception) -> str:
    """Return an error's text without line breaks."""
    return " ".join(str(error).split())


def _exit(status: int, program: str, text: str) -> None:
    click.echo(f"{program}: {text}", err=True)
    sys.exit(status)
