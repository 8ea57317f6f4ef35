"""Open a kept database with psql: python -m kalshi_data.demo.psql FOLDER DATABASE [PSQL ARGUMENT ...]."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kalshi_data.demo.postgres import SUPERUSER, Server, embedded_binaries, server_account
from kalshi_data.errors import KalshiDataError

ARGUMENTS_MIN = 2


def main(arguments: Sequence[str]) -> int:
    """Start the server of a kept folder, run psql on it, stop the server; return psql's exit status."""
    if len(arguments) < ARGUMENTS_MIN or not (Path(arguments[0]) / "data").is_dir():
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder, database, *rest = arguments
    with tempfile.TemporaryDirectory(prefix="kalshi-") as temporary:
        Path(temporary).chmod(0o711)
        account = server_account()
        binaries = embedded_binaries(account, Path(temporary))
        server = Server(Path(folder).resolve(), binaries, account)
        try:
            server.start()
            # Ctrl-C cancels a query in psql, and must not end this program.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            return subprocess.run(
                [binaries / "psql", server.conninfo(database, SUPERUSER), *rest], check=False, restore_signals=True
            ).returncode
        except KalshiDataError as error:
            sys.stderr.write(f"psql: {error}\n")
            return 1
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
