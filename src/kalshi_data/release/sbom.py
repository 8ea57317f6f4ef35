"""The bill of materials of a program as a CycloneDX document."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from kalshi_data.release.revision import Revision

FORMAT = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


def bill_of_materials(program: str, locked: Mapping[str, str], revision: Revision) -> bytes:
    """Return the document for a program and its entries of the lock file; the same commit gives the same document.

    A package's checksums are those of all files that the lock allows; one of them is installed.
    """
    name = f"kalshi-{program}"
    components = [_component("library", *_pinned(entry)) for entry in locked.values()]
    for component, entry in zip(components, locked.values(), strict=True):
        component["hashes"] = [{"alg": "SHA-256", "content": each} for each in re.findall(r"sha256:(\w+)", entry)]
    own = _component("application", name, revision.version)
    document = {
        **FORMAT,
        "serialNumber": uuid5(NAMESPACE_URL, f"{name} {revision.version} {''.join(locked.values())}").urn,
        "metadata": {"timestamp": f"{revision.committed_at:%Y-%m-%dT%H:%M:%SZ}", "component": own},
        "components": components,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [each["bom-ref"] for each in components]}],
    }
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    place = "pypi" if kind == "library" else "generic"
    locator = f"pkg:{place}/{name}@{version.replace('+', '%2B')}"
    return {"type": kind, "bom-ref": locator, "name": name, "version": version, "purl": locator}


def _pinned(entry: str) -> tuple[str, str]:
    name, version = re.findall(r"^([\w.-]+)==([^\s;]+)", entry)[0]
    return name, version
