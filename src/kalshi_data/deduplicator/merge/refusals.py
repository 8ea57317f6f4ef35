"""Whose fault it is that production refuses rows: theirs, or production's, which then refuses the others, too."""

from typing import NamedTuple

import psycopg

from kalshi_data.errors import RowsRefused

# As long as production takes no row at all, no more than this many may be put into quarantine.
UNPROVEN_ROWS_MAX = 10
# If production refuses this many rows of a batch, it takes at least as many.
PROVEN_ROWS_MAX = 100
MISFIT = "they do not fit into their table, compare its definition with what gatherers send"


class RefusedRow(NamedTuple):
    """One row in binary COPY format, and why production refuses it."""

    received: bytes
    error: psycopg.Error


class RefusalRule:
    """Decides for one stream whether refused rows are at fault: only if production takes others meanwhile."""

    def __init__(self) -> None:
        """Start before the first row."""
        self._unproven_rows = 0

    def require_rows_at_fault(self, rows: int, refused: int, reason: str, taken_elsewhere: int = 0) -> None:
        """Decide about the refused ones of a batch of `rows`; `taken_elsewhere` counts rows of other batches.

        Raises:
            RowsRefused: production seems to be at fault, so the rows stay at the gatherer.
        """
        taken = rows - refused
        is_proven = taken + taken_elsewhere > 0
        if refused >= PROVEN_ROWS_MAX:
            is_at_fault = taken >= refused
        else:
            is_at_fault = is_proven or self._unproven_rows + refused <= UNPROVEN_ROWS_MAX
        if not is_at_fault:
            raise RowsRefused(
                f"production refuses {refused:,} of {rows:,} rows, so it seems to be at fault, not they; they are "
                f"merged once it takes them: {reason}"
            )

    def decided(self, taken: int, refused: int) -> None:
        """Count rows that were merged and rows that were put into quarantine."""
        self._unproven_rows = 0 if taken else self._unproven_rows + refused
