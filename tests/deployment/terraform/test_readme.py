"""The README's costs add up and equal the applied resources; it names every variable and secret."""

import math
import re

import pytest

from tests.deployment.terraform.mocked_tests import Outcome, values
from tests.deployment.terraform.terraform_runner import PRODUCTION, SOURCE

README = (SOURCE / "README.md").read_text()
COLUMNS = {"rds": (2, 3), "timescaledb": (4, 5)}


def cost_table() -> list[list[str]]:
    """Return the cells of the cost table's rows, the total last."""
    lines = README.partition("| resource | price, $ | rds ")[2].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in lines]


def amount(text: str) -> int:
    """Return the product of an amount such as "3 x 730"."""
    return math.prod(int(number) for number in text.split("x"))


@pytest.mark.parametrize("database_engine", list(COLUMNS))
def test_costs_add_up(database_engine: str) -> None:
    """Each row is its amount times its price, and the total is their sum."""
    *rows, total = cost_table()
    amounts, costs = COLUMNS[database_engine]
    for row in rows:
        assert float(row[costs]) == pytest.approx(amount(row[amounts]) * float(row[1]), abs=0.005), row
    assert float(total[costs]) == pytest.approx(sum(float(row[costs]) for row in rows))


@pytest.mark.parametrize("database_engine", list(COLUMNS))
def test_amounts_equal_the_applied_resources(outcome: Outcome, database_engine: str) -> None:
    """Disks, addresses, endpoints and alarms are those of the mocked apply."""
    state = outcome.states[f"production.tftest.hcl/{database_engine}"]
    counted = {row[0].split(",")[0]: amount(row[COLUMNS[database_engine][0]]) for row in cost_table()[:-1]}
    hosts = values(state, "aws_instance")
    endpoints = [each["subnet_ids"] for each in values(state, "aws_vpc_endpoint") if each["subnet_ids"]]
    assert counted["host disks"] == sum(host["root_block_device"][0]["volume_size"] for host in hosts)
    assert counted["public addresses"] == 730 * sum(host["associate_public_ip_address"] for host in hosts)
    assert counted["interface endpoints"] == 730 * sum(map(len, endpoints))
    alarms = values(state, "aws_cloudwatch_metric_alarm")
    assert counted["alarms"] == len(alarms)
    assert counted["health metrics"] == len({alarm["dimensions"].get("Host") for alarm in alarms} - {None})


def test_every_variable_and_secret_is_named() -> None:
    """An operator finds each variable and each secret in the README."""
    variables = re.findall(r'^variable "(\w+)"', (SOURCE / PRODUCTION / "variables.tf").read_text(), re.M)
    assert all(re.search(rf"^{name} +=", README, re.M) for name in variables)
    for secret in ("sync_password", "production_password", "owner_password"):
        assert f"\nput {secret} " in README
    for secret in ("kalshi_key_id", "kalshi_private_key"):
        assert f"\n  put $host/{secret} " in README
