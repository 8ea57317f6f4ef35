"""How the processes of a test run share the tests."""

from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]

# Files whose tests use one folder of the checkout, such as dist, or a demo that is started once: one process runs the
# tests of such a file in turn.
# pytest-xdist's own groups have no effect in this version of pytest, which ignores the names that they add to tests.
FILES_IN_ONE_PROCESS = frozenset(
    f"tests/{name}.py"
    for name in (
        "acceptance/test_archive_replay",
        "acceptance/test_clients",
        "acceptance/test_readme",
        "acceptance/test_status_pages",
        "acceptance/test_zipapp_catalog",
        "acceptance/test_zipapps",
        "engines/test_hftbacktest",
        "engines/test_nautilus",
        "integration/test_capacity",
    )
)


class SharedFolderScheduling(LoadScopeScheduling):
    """Gives each test to the next free process, and the tests of some files to one process together."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what tests have in common that one process runs in turn."""
        file = nodeid.partition("::")[0]
        return file if file in FILES_IN_ONE_PROCESS else nodeid
