import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kalshi_data.demo.keys import make_key
from kalshi_data.errors import SettingsError
from kalshi_data.kalshi.auth import load_signer
from kalshi_data.simulator.keys import KeyRing

PATH = "/trade-api/ws/v2"


def test_the_ed25519_signature_is_the_documented_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    (file := tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setattr("time.time_ns", lambda: 1793109600123 * 1_000_000)
    headers = load_signer("key", file).headers("GET", PATH)
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == "1793109600123"
    assert headers["KALSHI-ACCESS-SIGNATURE"] == (
        "5BJppoypujelfD+m93kmJDyZV27BxwOugtuuu00cm8b91dY+/1JVshUgxQ3p57LqUt6ZcG2IxihmpPorfeR9Bw=="
    )


@pytest.mark.parametrize("number", [1, 2], ids=["RSA", "Ed25519"])
def test_the_exchange_verifies_what_the_client_signs(tmp_path: Path, number: int) -> None:
    key = make_key(tmp_path, number)
    headers = load_signer(key.key_id, key.private).headers("GET", PATH)
    ring = KeyRing({key.key_id: key.public})
    assert ring.client(headers, "GET", PATH) == key.key_id
    assert ring.client(headers, "GET", "/trade-api/v2/markets") is None
    assert ring.client({**headers, "KALSHI-ACCESS-KEY": "another"}, "GET", PATH) is None
    assert ring.client({**headers, "KALSHI-ACCESS-TIMESTAMP": "1"}, "GET", PATH) is None
    forged = base64.b64encode(b"x" * 64).decode()
    assert ring.client({**headers, "KALSHI-ACCESS-SIGNATURE": forged}, "GET", PATH) is None
    assert ring.client({**headers, "KALSHI-ACCESS-SIGNATURE": "?"}, "GET", PATH) is None
    assert ring.client({}, "GET", PATH) is None


def test_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    assert make_key(tmp_path, 2).private.stat().st_mode & 0o777 == 0o600


def test_unusable_private_keys_are_named(tmp_path: Path) -> None:
    missing, text, curve = (tmp_path / name for name in ("missing.pem", "text.pem", "curve.pem"))
    text.write_text("no key")
    key = generate_ec_key(SECP256R1())
    curve.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for path, expected in ((missing, "cannot be read"), (text, "not an unencrypted"), (curve, "RSA and Ed25519")):
        with pytest.raises(SettingsError, match=expected) as caught:
            load_signer("key", path)
        assert str(path) in str(caught.value)


def test_another_key_in_the_file_is_used_but_no_file_without_a_key(tmp_path: Path) -> None:
    key = make_key(tmp_path, 2)
    signer = load_signer(key.key_id, key.private)
    key.private.write_text("no key")
    signer.renew()
    assert signer.keys_read == 1
    ring = KeyRing({key.key_id: make_key(tmp_path, 2).public})
    assert ring.client(signer.headers("GET", PATH), "GET", PATH) is None
    signer.renew()
    signer.renew()
    assert signer.keys_read == 2
    assert ring.client(signer.headers("GET", PATH), "GET", PATH) == key.key_id
