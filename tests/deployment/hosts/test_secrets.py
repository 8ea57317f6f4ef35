"""No output, log, process list or readable file of the platform contains a secret."""

import re

from tests.deployment.hosts.fleet import HOSTS
from tests.deployment.hosts.platform import Platform


def test_secrets_appear_nowhere(platform: Platform) -> None:
    keys = [key.private.read_text().splitlines()[1] for key in platform.outside.keys.values()]
    secrets = [*platform.secrets.values(), *keys]
    for host in HOSTS:
        shown = _shown(platform, host)
        assert shown.count("\n") > 100
        assert [secret for secret in secrets if secret in shown] == [], host
    output = "".join(played.output for played in platform.played)
    assert [secret for secret in secrets if secret in output] == []


def _shown(platform: Platform, host: str) -> str:
    """Return what any user of a host, or a reader of its logs, can see."""
    run = platform.hosts[host].run
    processes = run("sh", "-c", "ps -ww -eo args; cat /proc/[0-9]*/environ | tr '\\0' '\\n'")
    logs = run("journalctl", "--no-pager", "--output=export") + run("sh", "-c", "cat /var/log/postgresql/* || true")
    files = run("sh", "-c", "find / -xdev -type f -perm /o+r -size -200k -path '/[eorv][tpua][ctnr]/*' | xargs cat")
    return re.sub(r"[^\n\x20-\x7e]", " ", processes + logs + files)
