"""Folders of the tests' servers go away with the tests, however these end."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.conftest import ROOT
from tests.support.memory import guarded_folder
from tests.support.waiting import wait_until

SERVING = """
import sys
from pathlib import Path
from kalshi_data.demo.postgres import Server, server_account
from tests.support.memory import fast_folder, guarded_folder

with guarded_folder(fast_folder()) as folder:
    server = Server(folder / "server", Path(sys.argv[1]), server_account())
    server.create()
    server.start()
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_killed_run_leaves_no_server_and_no_folder(embedded: Path) -> None:
    command = [sys.executable, "-c", SERVING, str(embedded)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        folder = Path(running.stdout.readline().strip())
        server = int((folder / "server/data/postmaster.pid").read_text().splitlines()[0])
        assert psutil.pid_exists(server)
        running.kill()
    wait_until(lambda: not folder.exists(), "the folder is removed")
    wait_until(lambda: not psutil.pid_exists(server), "the server has ended")


def test_only_a_server_of_the_folder_is_ended() -> None:
    with guarded_folder() as folder:
        data = folder / "server/data"
        data.mkdir(parents=True)
        (data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert not folder.exists()
