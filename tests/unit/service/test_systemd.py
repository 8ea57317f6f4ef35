"""What systemd receives, read from a real socket."""

import os
import socket
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kalshi_data.service.systemd import Notifier, SystemdReports


@contextmanager
def manager(address: str | bytes) -> Generator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(5)
        yield listener


def test_each_message_arrives_as_systemd_reads_it(tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")) as listener:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"})
        notifier.ready()
        assert listener.recv(1000) == b"READY=1"
        notifier.extend_start(1.5)
        assert listener.recv(1000) == b"EXTEND_TIMEOUT_USEC=1500000"
        notifier.reloading()
        first, second = listener.recv(1000).split(b"\n")
        assert first == b"RELOADING=1"
        assert second.startswith(b"MONOTONIC_USEC=")
        assert second.partition(b"=")[2].isdigit()
        notifier.alive()
        assert listener.recv(1000) == b"WATCHDOG=1"
        notifier.status("3 of 3 connections,\n  12 frames/s")
        assert listener.recv(1000) == b"STATUS=3 of 3 connections, 12 frames/s"
        notifier.stopping()
        assert listener.recv(1000) == b"STOPPING=1"


def test_a_socket_outside_the_file_system_is_found() -> None:
    name = f"kalshi-{uuid.uuid4()}"
    with manager(f"\0{name}") as listener:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert listener.recv(1000) == b"READY=1"


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000", "NOTIFY_SOCKET": "/s"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "NOTIFY_SOCKET": "/s", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "NOTIFY_SOCKET": "/s", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 0.0),
        ({"WATCHDOG_USEC": "soon", "NOTIFY_SOCKET": "/s"}, 0.0),
        ({"NOTIFY_SOCKET": "/s"}, 0.0),
    ],
)
def test_a_sign_of_life_is_due_at_half_the_time_systemd_waits(environment: dict[str, str], seconds: float) -> None:
    assert Notifier(environment).watchdog_seconds == seconds


def test_without_a_watchdog_no_sign_of_life_is_sent(tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")) as listener:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notifier.alive()
        notifier.ready()
        assert listener.recv(1000) == b"READY=1"


def test_a_socket_without_a_listener_is_no_error(tmp_path: Path) -> None:
    Notifier({}).ready()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_manager_that_reads_nothing_does_not_hold_up_the_service(tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")):
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(2_000):
            notifier.status("x" * 1_000)


def test_a_turn_reports_what_has_changed_or_is_due(tmp_path: Path) -> None:
    is_ready = hangs = False
    with manager(str(tmp_path / "notify")) as listener:
        listener.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2"})
        reports = SystemdReports(notifier, lambda: is_ready, lambda: "1 of 2", lambda: hangs)

        def turn() -> list[str]:
            reports.turn()
            heard = list[str]()
            while True:
                try:
                    heard.append(listener.recv(1_000).decode())
                except BlockingIOError:
                    return heard

        assert turn() == ["WATCHDOG=1", "STATUS=1 of 2", "EXTEND_TIMEOUT_USEC=30000000"]
        is_ready = True
        assert turn() == ["READY=1", "WATCHDOG=1"]
        hangs = True
        assert turn() == []
