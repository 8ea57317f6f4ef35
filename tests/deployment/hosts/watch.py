"""Samples five times a second which gatherers are up, from inside their hosts' networks.

usage: python -m tests.deployment.hosts.watch PORT
"""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterable

from tests.deployment.hosts.fleet import ROOT
from tests.deployment.hosts.nspawn.network import Network

PERIOD_SECONDS = 0.2
# A sample counts this long: a machine with more hosts than processors sometimes answers late.
VALID_MS = 1000
ANSWER_SECONDS_MAX = 0.8
UP = ("healthy", "degraded")
Samples = list[tuple[int, str]]


class Watch:
    """Samples during its block; afterwards fewest_up() returns the result."""

    def __init__(self, network: Network, ports: dict[str, int]) -> None:
        self._network = network
        self._ports = ports
        self._watchers: dict[str, subprocess.Popen[str]] = {}
        self._samples: dict[str, Samples] = {}

    def __enter__(self) -> "Watch":
        """Start sampling."""
        for host, port in self._ports.items():
            command = self._network.command(sys.executable, "-m", __name__, str(port), host=host)
            self._watchers[host] = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop sampling and collect the samples."""
        for watcher in self._watchers.values():
            watcher.terminate()
        for host, watcher in self._watchers.items():
            output, _ = watcher.communicate()
            self._samples[host] = [_sample(line) for line in output.splitlines() if line.endswith(".")]

    def fewest_up(self) -> int:
        """Return the smallest number of gatherers that were up at the same time."""
        begin = max(samples[0][0] for samples in self._samples.values())
        end = min(samples[-1][0] for samples in self._samples.values())
        assert (end - begin) / 1000 / PERIOD_SECONDS < 3 * min(map(len, self._samples.values())), "samples are missing"
        counts: list[int] = []
        for moment in range(begin, end, int(PERIOD_SECONDS * 1000)):
            counts.append(sum(_up_at(samples, moment) for samples in self._samples.values()))
        return min(counts)


def _sample(line: str) -> tuple[int, str]:
    moment, status, _ = line.split()
    return int(moment), status


def _up_at(samples: Iterable[tuple[int, str]], moment: int) -> bool:
    return any(status in UP for at, status in samples if moment - VALID_MS < at <= moment)


def main(port: int) -> None:
    """Print the time and the program's health until this process is stopped."""
    while True:
        began = time.monotonic()
        sys.stdout.write(f"{time.time_ns() // 1_000_000} {_status(port)} .\n")
        sys.stdout.flush()
        time.sleep(max(0.0, PERIOD_SECONDS - (time.monotonic() - began)))


def _status(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/health")
        body = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return "silent"
    finally:
        connection.close()
    return next((status for status in (*UP, "unhealthy") if f'"status":"{status}"' in body), "unclear")


if __name__ == "__main__":
    main(int(sys.argv[1]))
