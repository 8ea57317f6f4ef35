"""What a service reports to systemd: that it is ready, reloading, stopping or alive, and its state in a line."""

import os
import socket
import time
from collections.abc import Callable, Mapping

MICROSECONDS = 1_000_000
# How often a service takes a turn at reporting, and how often it reports the line.
TURN_SECONDS = 0.2
STATUS_SECONDS = 5.0
# While a service is not ready, it asks systemd for this much more time with every line.
START_EXTENSION_SECONDS = 30.0


class Notifier:
    """Sends the messages of sd_notify(3) if systemd started this process, and does nothing otherwise."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Read systemd's socket and the interval of its watchdog from the environment."""
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ marks an abstract socket; the system call takes a zero byte instead.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        wanted = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        timeout = environment.get("WATCHDOG_USEC", "") if self._address and wanted else ""
        self.watchdog_seconds = int(timeout) / MICROSECONDS / 2 if timeout.isdecimal() and int(timeout) else 0.0

    def ready(self) -> None:
        """Report that start-up or a reload is complete."""
        self._send("READY=1")

    def extend_start(self, seconds: float) -> None:
        """Ask for more time to become ready than the unit allows."""
        self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * MICROSECONDS)}")

    def reloading(self) -> None:
        """Report that the configuration is being read again; ready() must follow."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Report that the service is shutting down."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Reset the watchdog, which is due every `watchdog_seconds`, half of its time-out; 0 means there is none."""
        if self.watchdog_seconds:
            self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Report the service's state in one line, which systemctl status shows."""
        self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as messenger:
                # The service must not wait for a systemd that does not read.
                messenger.setblocking(False)
                messenger.sendto(message.encode(), self._address)
        except OSError:
            return


class SystemdReports:
    """Reports to systemd what has changed or is due; the service calls turn() every TURN_SECONDS."""

    def __init__(
        self,
        notifier: Notifier,
        is_ready: Callable[[], bool],
        line: Callable[[], str],
        hangs: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare to report `line` and, once `is_ready` returns true, ready; a service that `hangs` is not alive."""
        self._notifier = notifier
        self._is_ready = is_ready
        self._line = line
        self._hangs = hangs
        self._was_ready = False
        self._line_at_seconds = self._alive_at_seconds = float("-inf")

    def turn(self) -> None:
        """Report that the service became ready, that it is alive, and its line, each if it is time."""
        now = time.monotonic()
        if not self._was_ready and self._is_ready():
            self._was_ready = True
            self._notifier.ready()
        if now - self._alive_at_seconds >= self._notifier.watchdog_seconds and not self._hangs():
            self._alive_at_seconds = now
            self._notifier.alive()
        if now - self._line_at_seconds >= STATUS_SECONDS:
            self._line_at_seconds = now
            self._notifier.status(self._line())
            if not self._was_ready:
                self._notifier.extend_start(START_EXTENSION_SECONDS)
