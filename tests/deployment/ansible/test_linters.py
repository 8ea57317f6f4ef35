"""The linters of Ansible report nothing."""

import pytest

from tests.deployment.ansible.conftest import PLAYBOOKS, Run


def test_ansible_lint_reports_nothing(run: Run) -> None:
    done = run("ansible-lint", "--offline", "--nocolor", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Profile 'production' was required, and it passed" in done.stderr


def test_yamllint_reports_nothing(run: Run) -> None:
    done = run("yamllint", "--strict", ".")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("playbook", "arguments"),
    [
        *((playbook, " -e version=") for playbook in ("site.yml", "rollout.yml", "rollback.yml")),
        *((playbook, " -e version=") for playbook in ("rebuild_production.yml", "restore_rds.yml")),
        *((playbook, "\n") for playbook in ("updates.yml", "upgrade_databases.yml")),
    ],
)
def test_playbooks_are_valid_and_show_their_command(run: Run, playbook: str, arguments: str) -> None:
    done = run("ansible-playbook", "--syntax-check", "--inventory=inventories/example", playbook)
    assert done.returncode == 0, done.stderr
    assert f" {playbook}{arguments}" in (PLAYBOOKS / playbook).read_text()


def test_a_role_file_is_short() -> None:
    long = [path for path in PLAYBOOKS.rglob("*.yml") if path.read_text().count("\n") > 150]
    assert long == []
