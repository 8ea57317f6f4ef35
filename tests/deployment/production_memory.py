"""The most memory that production's server can need, in MB, from its settings and the deduplicator's defaults."""

from kalshi_data.deduplicator.settings import MergingSettings
from kalshi_data.streams import STREAMS

# What a session's process takes beside its sorts, and what the operating system and a provider's agents take.
SESSION_MB = 8
SYSTEM_MB = 1024
# A stage table, and two sorts or hashes at the same time.
SHARES_OF_A_STREAM = 3


def memory_mb_max(shared: int, sessions: int, work: int, autovacuum: int, maintenance: int) -> int:
    """Return the memory that is in use if each stream catches up, each other session sorts, and vacuums run."""
    streams = len(STREAMS) * (SESSION_MB + SHARES_OF_A_STREAM * MergingSettings().memory_mb_max)
    others = (sessions - len(STREAMS)) * (SESSION_MB + work)
    return SYSTEM_MB + shared + streams + others + autovacuum + maintenance
