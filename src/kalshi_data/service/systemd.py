"""What a service tells systemd: that it is ready, stopping or reloading, that it lives, and how it is."""

import os
import socket
import time
from collections.abc import Mapping

MICROSECONDS = 1_000_000


class Notifier:
    """Sends the messages of sd_notify(3) where systemd waits for them, and does nothing elsewhere."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Learn from the environment where systemd listens and how often it wants a sign of life."""
        address = environment.get("NOTIFY_SOCKET", "")
        # A name that begins with @ stands for one outside the file system, which begins with a zero byte.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        wanted = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        timeout = environment.get("WATCHDOG_USEC", "") if self._address and wanted else ""
        self.watchdog_seconds = int(timeout) / MICROSECONDS / 2 if timeout.isdecimal() and int(timeout) else 0.0

    def ready(self) -> None:
        """Say that start-up, or a reload, is over."""
        self._send("READY=1")

    def extend_start(self, seconds: float) -> None:
        """Ask for more time to become ready than the unit allows."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * MICROSECONDS)}")

    def reloading(self) -> None:
        """Say that the configuration is read again; ready() ends that."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Give the sign of life; due every `watchdog_seconds`, half of what systemd waits, where that is not 0."""
        if self.watchdog_seconds:
            self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in one line how the service is; systemctl status shows it."""
        self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messenger:
                # A manager that does not read must not hold up the service.
                messenger.setblocking(False)
                messenger.sendto(message.encode(), self._address)
        except OSError:
            return
