"""Keys and certificates that are replaced while the client runs: the next attempt uses the new ones."""

import asyncio
import ssl
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, web
from tenacity import wait_none

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import ExchangeError
from kalshi_data.kalshi import rest as rest_module
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.kalshi.bodies import Body
from kalshi_data.kalshi.rest import Budget, Rest
from kalshi_data.simulator.keys import KeyRing
from tests.support.listing_server import FAST, Listed, serve
from tests.support.plain_store import write_certificate

PATH = "/api/series"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat requests without a pause."""
    monkeypatch.setattr(rest_module, "wait_seconds", wait_none())


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_replaced_in_its_file_is_used_at_once(tmp_path: Path, status: int) -> None:
    key = make_key(tmp_path, 2)
    signer = load_signer(key.key_id, key.private)
    ring, listed = KeyRing({key.key_id: make_key(tmp_path, 2).public}), Listed()

    async def answer(request: web.Request) -> web.Response:
        is_known = ring.client(dict(request.headers), "GET", PATH) is not None
        return web.json_response(
            {"series": []} if is_known else {"error": "bad signature"}, status=200 if is_known else status
        )

    async def ask(rest: Rest) -> list[Body]:
        # Both are refused with the old key, and only the first of them reads the new one.
        return await asyncio.gather(*(rest.get("/series", {}) for _ in range(2)))

    listed.answers["series"] = answer
    assert [bytes(body["series"]) for body in serve(listed, ask, signer)] == [b"[]", b"[]"]
    assert signer.keys_read == 2
    ring = KeyRing({})
    asked = len(listed.requests)
    with pytest.raises(ExchangeError, match=f"GET /series: {status}"):
        serve(listed, ask, signer)
    assert len(listed.requests) <= asked + 2


def test_certificates_that_are_renewed_on_this_host_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "authorities.pem"
    files = [write_certificate(tmp_path / f"{name}.pem") for name in ("old", "new")]
    bundle.write_bytes(files[0].read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))

    async def status(_: web.Request) -> web.Response:
        return web.json_response({"is_active": True})

    async def open_server(certificate: Path) -> tuple[web.AppRunner, str]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        application = web.Application()
        application.add_routes([web.get("/status", status)])
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        return runner, f"https://127.0.0.1:{runner.addresses[0][1]}"

    async def run() -> list[bool]:
        async with ClientSession() as session:
            rest = Rest(session, "", None, Budget(FAST, FAST))
            seen: list[bool] = []
            for file in files:
                runner, address = await open_server(file)
                bundle.write_bytes(file.read_bytes())
                monkeypatch.setattr(rest, "_url", address)
                seen.append(msgspec.json.decode((await rest.get("/status", {}))["is_active"]))
                await runner.cleanup()
            return seen

    assert asyncio.run(run()) == [True, True]
