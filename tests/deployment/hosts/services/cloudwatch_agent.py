"""A stand-in for the CloudWatch agent on a host: it keeps the lines that it takes in a file, and sends nothing.

The playbooks configure it by the real agent's command, which here starts the service.
"""

from pathlib import Path

from tests.deployment.hosts.nspawn.host import Host
from tests.support.cloudwatch import CloudWatch, program_alarm

# Variables of a host with Prometheus and this agent.
WATCHED = {"kalshi_monitoring": True, "kalshi_health_log_group": "/kalshi-data/production/health"}
FOLDER = "opt/aws/amazon-cloudwatch-agent"
LINES = "/var/log/cloudwatch-agent.lines"
SERVICE = "amazon-cloudwatch-agent.service"
LISTEN = f"""\
import json, socket
with open("/{FOLDER}/etc/kalshi_health.json") as settings:
    address = json.load(settings)["logs"]["metrics_collected"]["emf"]["service_address"]
scheme, host, port = address.replace("//", "").split(":")
with socket.create_server((host, int(port))) as listener, open("{LINES}", "ab", buffering=0) as lines:
    while True:
        client, _ = listener.accept()
        with client:
            lines.write(client.makefile("rb").read())
"""
UNIT = f"""\
[Service]
ExecStart=/usr/bin/python3 /{FOLDER}/listen.py
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
CONTROL = f"#!/bin/sh\nexec systemctl enable --now {SERVICE}\n"


def install(root: Path) -> None:
    """Write it into the root folder of a host; it starts when a playbook configures it."""
    folder = root / FOLDER
    for part in ("bin", "etc"):
        (folder / part).mkdir(parents=True)
    (folder / "listen.py").write_text(LISTEN)
    (root / "etc/systemd/system" / SERVICE).write_text(UNIT)
    control = folder / "bin/amazon-cloudwatch-agent-ctl"
    control.write_text(CONTROL)
    control.chmod(0o755)


def alarm_states(host: Host, program: str, since_seconds: float) -> list[tuple[str, str]]:
    """Return the state of the program's alarm at the end of each finished minute, and the last reason in it.

    Lines before a time are left out, as if the alarm were evaluated over minutes that begin with it.
    """
    cloudwatch = CloudWatch()
    states: list[tuple[str, str]] = []
    for line in host.run("cat", LINES).splitlines():
        document = cloudwatch.put(line.encode())
        if document["_aws"]["Timestamp"] / 1000 < since_seconds:
            cloudwatch = CloudWatch()
            continue
        at = (document["_aws"]["Timestamp"] // 60_000 + 1) * 60
        states.append((cloudwatch.state(program_alarm(host.name, program, "health"), at), document["check"]))
    return states
