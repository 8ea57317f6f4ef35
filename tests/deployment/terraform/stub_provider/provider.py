"""A Terraform provider that contains the AWS provider's schema and nothing else.

With it, `terraform validate` and mocked `terraform test` run even if the real provider cannot be downloaded: they check
every resource, argument and nested block against schema.json. The provider cannot create anything.
"""

# The protocol classes of the tf package are generated and carry no types.
# pyright: reportMissingTypeStubs=false, reportUntypedBaseClass=false, reportUnknownMemberType=false

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from unittest import mock

import tf.runner
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc as service

SCHEMA = Path(__file__).with_name("schema.json")
NESTING = {
    "single": protocol.Schema.NestedBlock.SINGLE,
    "list": protocol.Schema.NestedBlock.LIST,
    "set": protocol.Schema.NestedBlock.SET,
}
Json = dict[str, Any]


def attribute(name: str, described: Json) -> protocol.Schema.Attribute:
    """Translate one argument or computed value."""
    flags = {flag: described.get(flag, False) for flag in ("required", "optional", "computed")}
    return protocol.Schema.Attribute(name=name, type=json.dumps(described["type"]).encode(), **flags)


def nested_block(name: str, described: Json) -> protocol.Schema.NestedBlock:
    """Translate one nested block, which may hold others."""
    return protocol.Schema.NestedBlock(
        type_name=name,
        block=block(described["block"]),
        nesting=NESTING[described["nesting_mode"]],
        min_items=described.get("min_items", 0),
    )


def block(described: Json) -> protocol.Schema.Block:
    """Translate the body of a resource or nested block."""
    return protocol.Schema.Block(
        attributes=[attribute(*item) for item in described.get("attributes", {}).items()],
        block_types=[nested_block(*item) for item in described.get("block_types", {}).items()],
    )


def schema(described: Json) -> protocol.Schema:
    """Translate one resource, data source or the provider itself."""
    return protocol.Schema(version=described["version"], block=block(described["block"]))


def accept(response: type[Any]) -> Callable[..., Any]:
    """Return a handler that always answers with success: this provider checks the schema only."""

    def handle(_servicer: object, _request: object, _context: object) -> Any:
        """Answer a call."""
        return response()

    return handle


class SchemaOnly(service.ProviderServicer):
    """The calls that Terraform makes to validate a configuration and to run mocked tests."""

    def __init__(self, _provider: object) -> None:
        """Read the schema; the argument is what tf.runner passes to its own servicer."""
        self.described: Json = json.loads(SCHEMA.read_text())

    def GetProviderSchema(self, request: object, context: object) -> protocol.GetProviderSchema.Response:  # noqa: N802
        """Answer with everything in schema.json."""
        described = self.described
        return protocol.GetProviderSchema.Response(
            provider=schema(described["provider"]),
            resource_schemas={name: schema(each) for name, each in described["resource_schemas"].items()},
            data_source_schemas={name: schema(each) for name, each in described["data_source_schemas"].items()},
        )

    def UpgradeResourceState(self, request: Any, context: object) -> protocol.UpgradeResourceState.Response:  # noqa: N802
        """Return the state unchanged."""
        state = protocol.DynamicValue(json=request.raw_state.json)
        return protocol.UpgradeResourceState.Response(upgraded_state=state)

    ConfigureProvider = accept(protocol.ConfigureProvider.Response)
    StopProvider = accept(protocol.StopProvider.Response)
    ValidateDataResourceConfig = accept(protocol.ValidateDataResourceConfig.Response)
    ValidateProviderConfig = accept(protocol.ValidateProviderConfig.Response)
    ValidateResourceConfig = accept(protocol.ValidateResourceConfig.Response)


def serve() -> None:
    """Serve until Terraform stops this process; the tf package does handshake and certificate."""
    with mock.patch("tf.provider.ProviderServicer", SchemaOnly):
        tf.runner.run_provider(cast(Any, None), sys.argv)


if __name__ == "__main__":
    serve()
