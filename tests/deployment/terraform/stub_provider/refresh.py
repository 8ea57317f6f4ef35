"""Writes schema.json from the real provider's own schema.

If the provider can be downloaded, after `terraform init`:

    terraform -chdir=terraform/environments/production providers schema -json | python refresh.py VERSION

The schema in the repository was reduced in the same way from the provider bindings in PyPI's cdktn-provider-aws 25.8.1
for version 6.69.1. These do not contain which arguments are sensitive or write-only, nor the maximum number of a block.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE = HERE.parents[3] / "terraform"
SECTIONS = {"resource_schemas": "resource", "data_source_schemas": "data"}
FLAGS = ("type", "required", "optional", "computed")
Json = dict[str, Any]


def used(kind: str) -> set[str]:
    """Return the types of resources or data sources that the configuration uses."""
    return {name for file in SOURCE.glob("**/*.tf") for name in re.findall(rf'^{kind} "(\w+)"', file.read_text(), re.M)}


def reduce_block(block: Json) -> Json:
    """Keep what the stub serves: types and flags of arguments, and nested blocks."""
    attributes = {
        name: {flag: value[flag] for flag in FLAGS if flag in value}
        for name, value in block.get("attributes", {}).items()
        if "type" in value
    }
    nested = {
        name: {part: value[part] for part in ("nesting_mode", "min_items") if part in value}
        | {"block": reduce_block(value["block"])}
        for name, value in block.get("block_types", {}).items()
        if name != "timeouts"
    }
    found = {"attributes": attributes, "block_types": nested}
    return {part: value for part, value in found.items() if value}


def reduce_schema(schema: Json) -> Json:
    """Reduce one resource, data source or the provider itself."""
    return {"version": schema["version"], "block": reduce_block(schema["block"])}


def compact(value: Any) -> str:
    """Write a value on one line, so that a change of one resource is a change of one line."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def render(version: str, described: Json) -> str:
    """Return the text of schema.json for the output of `terraform providers schema -json`."""
    (schemas,) = described["provider_schemas"].values()
    parts = [f'"version": {compact(version)}', f'"provider": {compact(reduce_schema(schemas["provider"]))}']
    for section, kind in SECTIONS.items():
        lines = [f'"{name}": {compact(reduce_schema(schemas[section][name]))}' for name in sorted(used(kind))]
        parts.append(section_text(section, lines))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def section_text(section: str, lines: list[str]) -> str:
    """Write one section with a line for each resource."""
    body = ",\n  ".join(lines)
    return f'"{section}": {{\n  {body}\n}}'


if __name__ == "__main__":
    (HERE / "schema.json").write_text(render(sys.argv[1], json.load(sys.stdin)))
