"""Reachability equals the brief's network table, and the comparison detects an added port."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.terraform.mocked_tests import Json, Outcome, resources, run_mocked_tests, values
from tests.deployment.terraform.reachability import network_table, read_network
from tests.deployment.terraform.terraform_runner import Terraform, copy_of

ADDED_PORT = """
resource "aws_vpc_security_group_ingress_rule" "added" {
  security_group_id = aws_security_group.this["gatherer"].id
  description       = "A port that is not in the table"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}
"""
OTHER_WAYS = {"aws_security_group_rule", "aws_network_interface_sg_attachment", "aws_vpc_peering_connection", "aws_lb"}


@pytest.fixture
def applied(outcome: Outcome) -> Json:
    """Return a copy of the applied production on RDS, which a test may change."""
    return copy.deepcopy(outcome.states["production.tftest.hcl/rds"])


@pytest.mark.parametrize("database_engine", ["rds", "timescaledb"])
def test_reachability_is_the_briefs_table(outcome: Outcome, brief: dict[str, Any], database_engine: str) -> None:
    """The table is derived from the attached groups and from the rules of both ends."""
    network = read_network(outcome.states[f"production.tftest.hcl/{database_engine}"])
    assert network_table(network) == brief["network"][database_engine]
    assert [rule for rule in network.rules if not network.has_effect(rule)] == []


def test_no_resource_opens_another_path(applied: Json) -> None:
    """Each rule is its own resource, and no resource opens a path that the derivation does not read."""
    assert not OTHER_WAYS & {each["type"] for each in resources(applied)}
    for group in values(applied, "aws_security_group"):
        assert not group["ingress"]
        assert not group["egress"]


def test_an_added_port_is_detected(terraform: Terraform, brief: dict[str, Any], tmp_path: Path) -> None:
    """With one more rule, the configuration that Terraform applies no longer matches the table."""
    changed = copy_of(terraform, tmp_path)
    with (changed.folder / "modules" / "network" / "main.tf").open("a") as file:
        file.write(ADDED_PORT)
    outcome = run_mocked_tests(changed, "-filter=tests/production.tftest.hcl")
    table = network_table(read_network(outcome.states["production.tftest.hcl/rds"]))
    assert table != brief["network"]["rds"]
    assert table["gatherer"]["inbound"] == ["deduplicator 5432", "internet 22"]


def rule(state: Json, kind: str, description: str) -> Json:
    """Return the rule with that description."""
    (found,) = (
        each for each in values(state, f"aws_vpc_security_group_{kind}_rule") if each["description"] == description
    )
    return found


def widen(state: Json) -> None:
    """Open all ports between deduplicator and gatherer at both ends."""
    for kind in ("ingress", "egress"):
        rule(state, kind, "deduplicator to gatherer").update(from_port=0, to_port=65535)


def allow_every_protocol(state: Json) -> None:
    """Let gatherers out on any port."""
    out = rule(state, "egress", "gatherer to the exchange and to package mirrors")
    out.update(ip_protocol="-1", from_port=None, to_port=None)


def let_the_deduplicator_out(state: Json) -> None:
    """Turn the deduplicator's path to S3 into a path to any address."""
    out = rule(state, "egress", "deduplicator to S3 through the gateway endpoint")
    out.update(prefix_list_id=None, cidr_ipv4="0.0.0.0/0")


def attach_a_second_group(state: Json) -> None:
    """Give a gatherer the deduplicator's group beside its own."""
    by_program = {each["tags"]["Program"]: each for each in values(state, "aws_instance")}
    by_program["gatherer"]["vpc_security_group_ids"] += by_program["deduplicator"]["vpc_security_group_ids"]


def let_a_neighbour_in(state: Json) -> None:
    """Allow an address range to reach production."""
    rule(state, "ingress", "deduplicator to production").update(
        referenced_security_group_id=None, cidr_ipv4="10.20.0.0/16"
    )


@pytest.mark.parametrize(
    "change", [widen, allow_every_protocol, let_the_deduplicator_out, attach_a_second_group, let_a_neighbour_in]
)
def test_other_changes_are_detected(applied: Json, brief: dict[str, Any], change: Callable[[Json], None]) -> None:
    """Wider ports, protocols, targets, sources and attachments each break the comparison."""
    change(applied)
    assert network_table(read_network(applied)) != brief["network"]["rds"]


def test_a_rule_on_one_side_only_is_detected(applied: Json) -> None:
    """A rule without its counterpart allows no connection, and is still reported."""
    rule(applied, "ingress", "deduplicator to gatherer").update(from_port=9100, to_port=9100)
    network = read_network(applied)
    assert [each.direction for each in network.rules if not network.has_effect(each)] == ["inbound", "outbound"]
