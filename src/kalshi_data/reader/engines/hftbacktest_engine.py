"""Makes an engine of hftbacktest that has one market of a window and is ready to run."""

from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kalshi_data.errors import ArchiveError
from kalshi_data.reader.engines.export_tardis import TardisFiles

INSTALL = "install it: pip install 'kalshi-data[hftbacktest]'"
# With a coarser tick the engine merges or loses levels between its ticks.
TICK_SIZE, LOT_SIZE = 0.0001, 0.01
# Its conversion adds an event in front of each side of the first book.
EVENTS_ADDED = 2
# Without room for some trades the engine keeps none for a strategy; it makes more room for more.
TRADES_HELD = 1_000
NANOSECONDS = 1_000_000_000


def engine_of(export: Callable[[str], TardisFiles], order_latency_seconds: float) -> Any:
    """Return an engine over what a function exports into a folder; the folder is deleted.

    Raises:
        ArchiveError: hftbacktest is not installed, or there is no book to follow.
    """
    hftbacktest, tardis = loaded("hftbacktest"), loaded("hftbacktest.data.utils.tardis")
    with TemporaryDirectory(prefix="hftbacktest-") as folder:
        exported = export(folder)
        if not exported.book_rows:
            reason = "has no order" if exported.known_from else "is not known"
            raise ArchiveError(f"{exported.market}: the book {reason} in that time: choose another time or market")
        events = str(Path(folder) / "events.npz")
        rows_max = exported.book_rows + exported.trade_rows + EVENTS_ADDED
        # It prints how far it is.
        with redirect_stdout(StringIO()):
            tardis.convert(exported.files, events, buffer_size=rows_max, ss_buffer_size=rows_max)
        latency = round(order_latency_seconds * NANOSECONDS)
        engine = hftbacktest.HashMapMarketDepthBacktest([asset(hftbacktest, events, latency)])
        # The engine reads the file here and holds the events itself; of an array it would hold only the address.
        engine.elapse(0)
    return engine


def asset(hftbacktest: Any, events: str, latency: int) -> Any:
    """Return the market as the engine takes it: contracts of a dollar, without fees, orders at the end of a queue."""
    return (
        hftbacktest.BacktestAsset()
        .data(events)
        .linear_asset(1)
        .tick_size(TICK_SIZE)
        .lot_size(LOT_SIZE)
        .constant_order_latency(latency, latency)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0, 0)
        .last_trades_capacity(TRADES_HELD)
    )


def loaded(name: str) -> Any:
    """Return a module of hftbacktest.

    Raises:
        ArchiveError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ArchiveError(f"hftbacktest cannot be loaded ({error}): {INSTALL}") from error
