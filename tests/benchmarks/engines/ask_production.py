"""Asks production one question: CONNINFO SQL_FILE ANSWER."""

import sys
from pathlib import Path

import psycopg

from tests.benchmarks.engines.asking import Meter


def main(conninfo: str, sql_file: str, answer: str) -> None:
    """Measure until the answer is a file; bytes are those that the processes of the server read."""
    statement = f"copy ({Path(sql_file).read_text()}) to stdout (format csv)".encode()
    with psycopg.connect(conninfo) as connection:
        ((folder,),) = connection.execute("show data_directory").fetchall()
        meter = Meter(int((Path(folder) / "postmaster.pid").read_text().split()[0]))

        def ask() -> None:
            with Path(answer).open("wb") as file, connection.cursor().copy(statement) as copy:
                file.writelines(map(bytes, copy))

        meter.report(ask)


if __name__ == "__main__":
    main(*sys.argv[1:])
