#!/usr/bin/python3
"""Asks a program on this host for its health, and hands the answer to the CloudWatch agent.

usage: send_health.py PROGRAM HEALTH_PORT[,...] HOST LOG_GROUP AGENT_PORT

The line is in CloudWatch's embedded metric format: its number becomes a metric (1 healthy, 0.5 degraded, 0 unhealthy or
no answer), and the line itself, with the worst reason, is kept in the log group. Of several shards the worst counts.
This needs Debian's Python only, so it
works while the program's release does not.
"""

import http.client
import json
import signal
import socket
import sys
import time
from types import FrameType

NAMESPACE = "KalshiData"
METRIC = "program_health"
VALUES = {"healthy": 1.0, "degraded": 0.5, "unhealthy": 0.0}
ANSWER_SECONDS_MAX = 8
SEND_SECONDS_MAX = 5
ANSWER_BYTES_MAX = 1 << 20
CHECK_CHARACTERS_MAX = 50
REASON_CHARACTERS_MAX = 500


def ask_all(ports: list[int]) -> dict[str, object]:
    """Return the fields of the worst answer; once a shard is unhealthy, no other is asked."""
    worst = ask(ports[0])
    for port in ports[1:]:
        if worst["status"] == "unhealthy":
            break
        worst = min(worst, ask(port), key=lambda fields: VALUES[str(fields["status"])])
    return worst


def ask(port: int) -> dict[str, object]:
    """Return the fields of the line that say how the program is: its value, and the worst of its reasons.

    A program that does not answer in time, or with something else than its health, counts as unhealthy.
    """
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(ANSWER_SECONDS_MAX)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/health")
        return read(connection.getresponse().read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException) as error:
        return describe("unhealthy", "silent", f"does not answer: {error or type(error).__name__}")
    except (ValueError, LookupError, TypeError) as error:
        return describe("unhealthy", "silent", f"does not answer with its health: {error}")
    finally:
        signal.alarm(0)
        connection.close()


def read(body: bytes) -> dict[str, object]:
    """Return the fields for an answer.

    Raises:
        ValueError, LookupError, TypeError: it is not the health of a program.
    """
    document = json.loads(body)
    reasons = sorted(document["reasons"], key=lambda reason: VALUES[reason["severity"]])
    worst = reasons[0] if reasons else {"check": "", "text": ""}
    return {**describe(document["status"], worst["check"], worst["text"]), "reasons": len(reasons)}


def describe(status: str, check: str, reason: str) -> dict[str, object]:
    """Return the fields for a status, with texts of bounded length."""
    kept = {"check": check[:CHECK_CHARACTERS_MAX], "reason": reason[:REASON_CHARACTERS_MAX]}
    return {METRIC: VALUES[status], "status": status, **kept, "reasons": 1}


def line(program: str, host: str, log_group: str, fields: dict[str, object]) -> bytes:
    """Return the line for the agent, in which nothing but the last byte ends a line."""
    directive = {"Namespace": NAMESPACE, "Dimensions": [["Host", "Program"]], "Metrics": [{"Name": METRIC}]}
    about = {"Timestamp": time.time_ns() // 1_000_000, "LogGroupName": log_group, "LogStreamName": host}
    document = {"_aws": {**about, "CloudWatchMetrics": [directive]}, "Host": host, "Program": program, **fields}
    return json.dumps(document).encode() + b"\n"


def give_up(_: int, __: FrameType | None) -> None:
    """End the wait for a program that answers too slowly."""
    raise TimeoutError(f"not within {ANSWER_SECONDS_MAX} s")


def main(program: str, health_ports: str, host: str, log_group: str, agent_port: str) -> None:
    """Ask once and send one line; systemd's timer repeats it."""
    sent = line(program, host, log_group, ask_all([int(port) for port in health_ports.split(",")]))
    with socket.create_connection(("127.0.0.1", int(agent_port)), SEND_SECONDS_MAX) as agent:
        agent.sendall(sent)


if __name__ == "__main__":
    main(*sys.argv[1:])
