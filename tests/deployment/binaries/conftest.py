"""Fixtures of the acceptance tests, for programs of another processor."""

from tests.acceptance.conftest import rehearse, server, without

__all__ = ["rehearse", "server", "without"]
