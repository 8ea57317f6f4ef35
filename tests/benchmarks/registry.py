"""How long a registry of 600,000 markets takes to load, and how much memory the loading process needs."""

import asyncio
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec
from aiohttp import ClientSession, web

from kalshi_data.demo.postgres import embedded_binaries, server_account
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.markets.registry import Registry
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.settings import decode_path
from kalshi_data.simulator.venue.listings import market_object
from kalshi_data.simulator.venue.price_grids import PRICE_GRIDS
from tests.support.engines import Database, Engine

MARKETS = 600_000
PAGE_ROWS = 1_000
NO_LIMIT = 1e9
# Linux counts resident memory in KiB, macOS in bytes.
RSS_UNITS_PER_MB = 1024 if sys.platform == "linux" else 1 << 20
OPENED_S = 1_793_000_000
NAME = "KXMADEUP-26NOV02X{number:06}-T{number:06}"
RULES = "If the value of the made-up index is above the strike at the end of the day, the market resolves to Yes. "


def measure(_: float) -> dict[str, float]:
    """Return how the loading of MARKETS markets went; its size is what is measured, so it takes the time it takes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kalshi-")))
        folder.chmod(0o711)
        account = server_account()
        engine = Engine("plain", folder / "server", embedded_binaries(account, folder), account)
        stack.enter_context(engine.running())
        database = stack.enter_context(engine.database("kalshi_meta"))
        counters = asyncio.run(serve_and_load(database))
        with database.connect() as connection:
            row = connection.execute("select count(*), pg_database_size(current_database()) from registry.markets")
            stored, size = row.fetchone() or (0, 0)
    if (stored, counters["markets"]) != (MARKETS, MARKETS):
        raise AssertionError(f"{MARKETS} markets were listed, {stored} are stored, {counters['markets']} are wanted")
    return {**counters, "database_mb": size / 1e6}


async def serve_and_load(database: Database) -> dict[str, float]:
    """Serve the lists here while another process loads them, so that its memory is the registry's alone."""
    application = web.Application()
    application.add_routes([web.get("/api/{path:.+}", answer)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    command = (sys.executable, "-m", "tests.benchmarks.registry", url, database.conninfo("gatherer"))
    loading = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        out, _ = await loading.communicate()
    finally:
        await runner.cleanup()
    if loading.returncode:
        raise AssertionError("the loading process failed: see above")
    return msgspec.json.decode(out.splitlines()[-1], type=dict[str, float])


async def answer(request: web.Request) -> web.Response:
    """Answer any list: open markets in pages, everything else empty."""
    name = request.path.rpartition("/")[2]
    if name != "markets" or request.query.get("status") != "open":
        return web.Response(body=b'{"exchange_active":true,"%s":[],"cursor":""}' % name.encode())
    start = int(request.query.get("cursor") or 0)
    following = start + PAGE_ROWS
    cursor = str(following) if following < MARKETS else ""
    template = market_text()
    rows = ",".join(template.replace("NUMBER", f"{number:06}") for number in range(start, following))
    return web.Response(text=f'{{"markets":[{rows}],"cursor":"{cursor}"}}')


def market_text() -> str:
    """Return the JSON of a market as long as the exchange's, with NUMBER where its number stands."""
    body = market_object(NAME.format(number=0).replace("000000", "NUMBER"), OPENED_S, PRICE_GRIDS["deci_cent"])
    return msgspec.json.encode({**body, "rules_primary": RULES * 4, "rules_secondary": RULES * 3}).decode()


async def load(url: str, conninfo: str) -> dict[str, float]:
    """Load twice, so that the second time nothing has changed."""
    section = {"conninfo": conninfo}
    exchange = {"rest_url": url, "websocket_url": "ws://localhost", "key_id": "", "private_key_file": "none"}
    sections = {"exchange": exchange, "databases": {"kalshi_ts": section, "kalshi_meta": section}}
    settings = msgspec.convert(sections, GathererSettings, dec_hook=decode_path)
    async with ClientSession() as session:
        registry = Registry(Rest(session, url, None, Budget(NO_LIMIT, NO_LIMIT)), conninfo, settings, Counters())
        seconds = [await timed(registry), await timed(registry)]
        registry.close()
    return {
        "markets": len(registry.wanted),
        "seconds": seconds[0],
        "markets_per_second": MARKETS / seconds[0],
        "unchanged_seconds": seconds[1],
        "rss_max_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / RSS_UNITS_PER_MB,
    }


async def timed(registry: Registry) -> float:
    """Load once and return the seconds that took."""
    began = time.perf_counter()
    await registry.load()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(asyncio.run(load(*sys.argv[1:]))).decode() + "\n")
