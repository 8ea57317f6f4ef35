"""Derives from a Terraform state which party can reach which other on which port."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from tests.deployment.terraform.mocked_tests import Json, values

EVERYWHERE = {"0.0.0.0/0", "::/0"}
RULE_KINDS = {
    "inbound": "aws_vpc_security_group_ingress_rule",
    "outbound": "aws_vpc_security_group_egress_rule",
}


class Ports(NamedTuple):
    """Ports of one protocol; "all" means every protocol."""

    protocol: str
    first: int
    last: int

    def overlap(self, other: "Ports") -> "Ports | None":
        """Return the ports that both sides allow."""
        protocol = other.protocol if self.protocol == "all" else self.protocol
        first, last = max(self.first, other.first), min(self.last, other.last)
        same = "all" in (self.protocol, other.protocol) or self.protocol == other.protocol
        return Ports(protocol, first, last) if same and first <= last else None

    def __str__(self) -> str:
        """Write a single TCP port as its number, anything else in full."""
        if self.protocol == "tcp" and self.first == self.last:
            return str(self.first)
        return f"{self.protocol} {self.first}-{self.last}"


ANYTHING = Ports("all", 0, 65535)


@dataclass(frozen=True)
class Rule:
    """One rule of a security group: the group's side of a connection."""

    group: str
    direction: str
    peer: str
    ports: Ports

    def covers(self, party: str, groups: frozenset[str]) -> bool:
        """Return whether the rule applies to a party; an address range is assumed to contain every host of ours."""
        return self.peer == party or self.peer in groups or (bool(groups) and is_address(self.peer))


class Arrow(NamedTuple):
    """A party that can open connections to another."""

    source: str
    target: str
    port: str


@dataclass
class Network:
    """Parties by name with their security groups (none if the party is not ours), and all rules."""

    parties: dict[str, frozenset[str]]
    rules: list[Rule]

    def allowed(self, party: str, direction: str, peer: str) -> Iterator[Ports]:
        """Yield the ports that one side allows; a party that is not ours allows everything."""
        if not self.parties[party]:
            yield ANYTHING
        for rule in self.rules:
            applies = rule.group in self.parties[party] and rule.direction == direction
            if applies and rule.covers(peer, self.parties[peer]):
                yield rule.ports

    def arrows(self) -> set[Arrow]:
        """Return every connection that both its ends allow, if one of them is ours."""
        found: set[Arrow] = set()
        for source, target in product(self.parties, repeat=2):
            if self.parties[source] or self.parties[target]:
                pairs = product(self.allowed(source, "outbound", target), self.allowed(target, "inbound", source))
                found.update(Arrow(source, target, str(both)) for a, b in pairs if (both := a.overlap(b)))
        return found

    def has_effect(self, rule: Rule) -> bool:
        """Return whether the rule, together with the rules of the other direction, allows any connection."""
        answers = [each for each in self.rules if each.direction != rule.direction]
        return Network(self.parties, [*answers, rule]).arrows() != Network(self.parties, answers).arrows()


def is_address(peer: str) -> bool:
    """Return whether a rule's peer is an address range."""
    return peer == "internet" or "/" in peer


def read_peer(rule: Json, prefix_lists: dict[str, str]) -> str:
    """Return the other side of a rule: a group's id, an address range, or the name of a prefix list's service."""
    address = rule.get("cidr_ipv4") or rule.get("cidr_ipv6")
    if address:
        return "internet" if address in EVERYWHERE else address
    peer: str = rule.get("prefix_list_id") or rule["referenced_security_group_id"]
    return prefix_lists.get(peer, peer)


def read_ports(rule: Json) -> Ports:
    """Return the ports of a rule; protocol -1 is all of them."""
    if rule["ip_protocol"] == "-1":
        return ANYTHING
    return Ports(rule["ip_protocol"], rule["from_port"], rule["to_port"])


def read_parties(state: Json) -> dict[str, frozenset[str]]:
    """Return the groups of each program, of production and of the endpoints, as attached."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for instance in values(state, "aws_instance"):
        groups[instance["tags"]["Program"]].update(instance["vpc_security_group_ids"])
    for database in values(state, "aws_db_instance"):
        groups["production"].update(database["vpc_security_group_ids"])
    for endpoint in values(state, "aws_vpc_endpoint"):
        if endpoint["vpc_endpoint_type"] == "Interface":
            groups["services"].update(endpoint["security_group_ids"])
    return {name: frozenset(ids) for name, ids in groups.items()}


def read_network(state: Json) -> Network:
    """Read parties and rules of a state; a peer that is not one of our groups becomes its own party."""
    gateways = [each for each in values(state, "aws_vpc_endpoint") if each["vpc_endpoint_type"] == "Gateway"]
    prefix_lists = {each["prefix_list_id"]: each["service_name"].rpartition(".")[2] for each in gateways}
    rules = [
        Rule(rule["security_group_id"], direction, read_peer(rule, prefix_lists), read_ports(rule))
        for direction, kind in RULE_KINDS.items()
        for rule in values(state, kind)
    ]
    parties = read_parties(state)
    ours = {each["id"] for each in values(state, "aws_security_group")}
    outsiders = {rule.peer for rule in rules} - ours
    return Network(parties | dict.fromkeys(outsiders, frozenset[str]()), rules)


def network_table(network: Network) -> dict[str, Any]:
    """Write the arrows like the brief: for each component, its callers and the parties that it calls."""
    table = {
        party: {"inbound": list[str](), "outbound": list[str]()}
        for party, groups in network.parties.items()
        if groups and party != "services"
    }
    for source, target, port in sorted(network.arrows()):
        if target in table:
            table[target]["inbound"].append(f"{source} {port}")
        if source in table:
            table[source]["outbound"].append(f"{target} {port}")
    return table
