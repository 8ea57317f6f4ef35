"""Opens a database that `demo --keep` left, with psql."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kalshi_data.cli.failures import reported_failures
from kalshi_data.demo.databases import GATHERER_DATABASES, PRODUCTION_DATABASES
from kalshi_data.demo.postgres import SUPERUSER, Server, embedded_binaries, server_account
from kalshi_data.errors import SettingsError

USAGE = """\
usage: python3 build.py psql FOLDER DATABASE [ARGUMENT OF PSQL ...]

Opens a database that `demo --keep KEPT` left. The server runs as long as this psql.

Examples:
  python3 build.py psql KEPT/production kalshi
  python3 build.py psql KEPT/gatherer-1 kalshi_ts -c "table capture.connections"
"""
ARGUMENTS_MIN = 2


def main(arguments: Sequence[str]) -> int:
    """Start the server of a kept folder, run psql on it, stop the server; return psql's exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0 if arguments else 2
    with reported_failures("psql"):
        folder = require_server(Path(arguments[0]))
        if len(arguments) < ARGUMENTS_MIN or arguments[1] not in databases_of(folder):
            named = arguments[1] if len(arguments) >= ARGUMENTS_MIN else "nothing"
            names = " or ".join(databases_of(folder))
            raise SettingsError(f"the database comes after the folder: write {names}, not {named}")
        return open_database(folder, arguments[1], arguments[2:])


def require_server(folder: Path) -> Path:
    """Return the folder of one server.

    Raises:
        SettingsError: it is none; the message lists those below it.
    """
    if (folder / "data").is_dir():
        return folder.resolve()
    below = sorted(str(each.parent) for each in folder.glob("*/data")) if folder.is_dir() else []
    if below:
        raise SettingsError(f"{folder} holds several servers: name one of {', '.join(below)}")
    raise SettingsError(f"{folder} holds no database: name KEPT/production or KEPT/gatherer-1 of demo --keep KEPT")


def databases_of(folder: Path) -> list[str]:
    """Return the names of a server's databases."""
    return list(PRODUCTION_DATABASES if folder.name == "production" else GATHERER_DATABASES)


def open_database(folder: Path, database: str, arguments: Sequence[str]) -> int:
    """Run psql while the server runs."""
    with tempfile.TemporaryDirectory(prefix="kalshi-") as temporary:
        Path(temporary).chmod(0o711)
        account = server_account()
        binaries = embedded_binaries(account, Path(temporary))
        server = Server(folder, binaries, account)
        try:
            server.start()
            # Ctrl-C cancels a query in psql, and must not end this program.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return subprocess.run(
                [binaries / "psql", server.conninfo(database, SUPERUSER), *arguments], check=False, restore_signals=True
            ).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
