"""A program's fault becomes an alarm: by the hosts' script, Terraform's alarms and a stand-in for CloudWatch."""

import importlib.util
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from kalshi_data.service.health import HealthReport, Reason, Severity
from tests.deployment.terraform.mocked_tests import Json, Outcome, values
from tests.deployment.terraform.terraform_runner import ROOT
from tests.support.cloudwatch import PROGRAM_ALARMS, Alarm, CloudWatch, applied, program_alarm, take
from tests.support.waiting import SECONDS_MAX
from tests.unit.service.test_health import AWAY, SLOW, free_port, serving

SCRIPT = ROOT / "ansible/roles/cloudwatch/files/send_health.py"
GROUP = "/kalshi-data/production/health"
PROGRAMS = {**{f"gatherer-{number}": "gatherer" for number in (1, 2, 3)}, "deduplicator-1": "deduplicator"}
HOST = "gatherer-1"
MINUTE = 60
Send = Callable[[int], Json]


@pytest.fixture(scope="module")
def alarms(outcome: Outcome) -> dict[str, Alarm]:
    """Return the applied alarms about programs, by host and kind."""
    found = values(outcome.states["production.tftest.hcl/rds"], "aws_cloudwatch_metric_alarm")
    own = [each for each in found if "Program" in each["dimensions"]]
    assert all(each["alarm_actions"] and GROUP in each["alarm_description"] for each in own)
    return {each["alarm_name"].removeprefix("kalshi-data-production-"): applied(each) for each in own}


@pytest.fixture
def cloudwatch() -> CloudWatch:
    """Return an empty CloudWatch."""
    return CloudWatch()


@pytest.fixture
def send(cloudwatch: CloudWatch) -> Send:
    """Return a function that runs the script of a gatherer's host for a port, and returns the line it sent."""

    def run(port: int) -> Json:
        with socket.create_server(("127.0.0.1", 0)) as agent:
            command = (sys.executable, "-I", SCRIPT, "gatherer", port, HOST, GROUP, agent.getsockname()[1])
            subprocess.run([str(each) for each in command], check=True, timeout=SECONDS_MAX)
            return cloudwatch.put(take(agent))

    return run


@contextmanager
def program(*reasons: Reason) -> Generator[int]:
    """Serve a health report, and return its port."""
    with serving(lambda: HealthReport(reasons)) as server:
        yield server.port


@contextmanager
def answering(body: bytes) -> Generator[int]:
    """Answer one request with a body, and return the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            del format, args

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        answer = Thread(target=server.handle_request)
        answer.start()
        yield server.server_port
        answer.join()


def loaded() -> Any:
    """Return the script as a module."""
    specification = importlib.util.spec_from_file_location("send_health", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def evaluated_at(line: Json) -> float:
    """Return the end of the minute in which a line was sent."""
    return (line["_aws"]["Timestamp"] // 1000 // MINUTE + 1) * MINUTE


def test_each_program_of_each_host_has_its_alarms(alarms: dict[str, Alarm]) -> None:
    assert alarms == {
        f"{host}-{kind}": program_alarm(host, name, kind) for host, name in PROGRAMS.items() for kind in PROGRAM_ALARMS
    }


def test_a_program_that_stops_raises_the_alarm_in_that_minute(
    alarms: dict[str, Alarm], cloudwatch: CloudWatch, send: Send
) -> None:
    with program() as port:
        line = send(port)
    assert (line["program_health"], line["reasons"]) == (1, 0)
    assert cloudwatch.state(alarms[f"{HOST}-health"], evaluated_at(line)) == "OK"

    later = send(port)
    # As if the program had stopped in the next minute.
    later["_aws"]["Timestamp"] += MINUTE * 1000
    cloudwatch.put(json.dumps(later).encode())
    assert (later["program_health"], later["check"]) == (0, "silent")
    assert "refused" in later["reason"]
    assert cloudwatch.state(alarms[f"{HOST}-health"], evaluated_at(later)) == "ALARM"
    assert cloudwatch.state(alarms["gatherer-2-health"], evaluated_at(line)) == "ALARM"  # it sent nothing


def test_an_unhealthy_program_raises_the_alarm_with_its_worst_reason(
    alarms: dict[str, Alarm], cloudwatch: CloudWatch, send: Send
) -> None:
    with program(SLOW, AWAY) as port:
        line = send(port)
    assert cloudwatch.state(alarms[f"{HOST}-health"], evaluated_at(line)) == "ALARM"
    (kept,) = cloudwatch.lines[GROUP, HOST]
    assert (kept["status"], kept["check"], kept["reason"], kept["reasons"]) == ("unhealthy", *AWAY[1:], 2)


def test_a_degraded_program_raises_an_alarm_after_a_quarter_of_an_hour(
    alarms: dict[str, Alarm], cloudwatch: CloudWatch, send: Send
) -> None:
    with program(SLOW) as port:
        line = send(port)
    states: list[str] = []
    for _ in range(15):
        states.append(cloudwatch.state(alarms[f"{HOST}-degraded"], evaluated_at(line)))
        assert cloudwatch.state(alarms[f"{HOST}-health"], evaluated_at(line)) == "OK"
        line["_aws"]["Timestamp"] += MINUTE * 1000
        cloudwatch.put(json.dumps(line).encode())
    assert states == ["OK"] * 14 + ["ALARM"]
    assert line["reason"] == SLOW.text


def test_a_restart_within_a_minute_raises_no_alarm(
    alarms: dict[str, Alarm], cloudwatch: CloudWatch, send: Send
) -> None:
    down = send(free_port())
    cloudwatch.put(json.dumps({**down, "program_health": 1.0}).encode())
    assert cloudwatch.state(alarms[f"{HOST}-health"], evaluated_at(down)) == "OK"


def test_a_host_that_sends_nothing_raises_the_alarm(
    alarms: dict[str, Alarm], cloudwatch: CloudWatch, send: Send
) -> None:
    with program() as port:
        at = evaluated_at(send(port))
    states = [cloudwatch.state(alarms[f"{HOST}-health"], at + minutes * MINUTE) for minutes in range(5)]
    # CloudWatch waits while an older value is in sight.
    assert states == ["OK"] * 3 + ["ALARM"] * 2
    assert cloudwatch.state(alarms[f"{HOST}-degraded"], at + 5 * MINUTE) == "OK"


def test_what_is_sent_is_one_line_of_bounded_length(cloudwatch: CloudWatch, send: Send) -> None:
    with program(Reason(Severity.UNHEALTHY, "c" * 9_999, 'a\n"b"\r\n' * 9_999)) as port:
        send(port)
    (kept,) = cloudwatch.lines[GROUP, HOST]
    assert (len(kept["check"]), len(kept["reason"])) == (50, 500)


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"status":"fine","reasons":[]}', b'{"status":1}'])
def test_an_answer_that_is_no_health_counts_as_none(send: Send, body: bytes) -> None:
    with answering(body) as port:
        line = send(port)
    assert (line["program_health"], line["check"]) == (0, "silent")
    assert line["reason"].startswith("does not answer with its health: ")


def test_a_program_that_accepts_and_says_nothing_counts_as_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded()
    monkeypatch.setattr(module, "ANSWER_SECONDS_MAX", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = module.ask(listener.getsockname()[1])
    assert (found["program_health"], found["check"]) == (0, "silent")


@pytest.mark.parametrize(
    ("first", "second", "worst"),
    [((), (), None), ((), (SLOW,), SLOW), ((AWAY,), (), AWAY), ((SLOW,), (AWAY,), AWAY)],
)
def test_of_several_shards_the_worst_counts(
    first: tuple[Reason, ...], second: tuple[Reason, ...], worst: Reason | None
) -> None:
    with program(*first) as one, program(*second) as two:
        found = loaded().ask_all([one, two])
    assert found["reason"] == (worst.text if worst else "")
    assert found["status"] == HealthReport((worst,) if worst else ()).status
